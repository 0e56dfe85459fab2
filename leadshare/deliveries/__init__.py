"""Deliveries: what is owed to whom, when it leaves, and what becomes of it."""
