"""Custody: what is kept, for how long, who ordered what, and the proof of it."""
