"""Operators: what is asked about tracks."""
