"""Custody: what is held no longer than its class may be: found by ranges of time, and deleted."""
