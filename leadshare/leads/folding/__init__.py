"""Leads: what the touches of one lead come to: repeats, persons, the story."""
