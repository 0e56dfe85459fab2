"""Core: the rules as pure functions and values; no clock, network, environment or Azure."""
