"""Benchmarks: measurements beside a reference of the same run, never assertions."""
