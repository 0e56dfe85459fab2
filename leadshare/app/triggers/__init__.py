"""App: the triggers of what operators ask and order, and the one call that each makes."""
