"""Operators: reports of what was counted: its periods, its figures, and who may read small ones."""
