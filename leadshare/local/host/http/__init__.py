"""Local host: HTTP triggers."""
