"""Local host: what host.json, app settings and functions say, and what of it is refused."""
