"""App: the composition root: what runs, what it is configured by, and how both are built."""
