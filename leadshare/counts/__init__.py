"""Counts: what each lead comes to, folded into days, which reports read."""
