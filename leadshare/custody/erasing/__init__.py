"""Custody: a person is erased: counted, ordered, carried to its end, and certified."""
