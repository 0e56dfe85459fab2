"""Leads: what became of them, as sources tell it: written down once, in any order."""
