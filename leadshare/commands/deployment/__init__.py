"""Commands: the deployment that is asked: which one, what opens it, and what it answers."""
