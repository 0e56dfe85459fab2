"""Local: what only a developer's machine needs; never deployed."""
