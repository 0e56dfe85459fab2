"""Destinations: what is written of a lead: which fields, in which words, and what beside them."""
