"""Operators: what they ask about campaigns."""
