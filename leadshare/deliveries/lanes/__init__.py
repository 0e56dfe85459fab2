"""Deliveries: lanes: who may work one off, how much of it may leave, and how it stands."""
