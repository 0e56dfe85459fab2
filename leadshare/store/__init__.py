"""Store: rows, their keys, and how several processes share them."""
