"""Partner Center: its API, its answers and its signature."""
