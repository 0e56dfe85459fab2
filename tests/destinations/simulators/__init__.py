"""Simulators: one of each kind of destination, as its vendor tells it, with faults."""
