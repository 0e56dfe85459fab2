"""Local host: the worker, which runs functions in a process of its own."""
