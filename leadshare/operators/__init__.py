"""Operators: what people ask and order."""
