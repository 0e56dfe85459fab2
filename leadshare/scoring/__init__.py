"""Scoring: conditions on a lead's facts, the rules made of them, and a score with its receipt."""
