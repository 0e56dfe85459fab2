"""Operators: models of what is asked for and ordered, and how what is wrong with it is told."""
