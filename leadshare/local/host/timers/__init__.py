"""Local host: timer triggers, and the locks by which one host of many runs them."""
