"""Commands: the report as one HTML file, which needs no network and no script."""
