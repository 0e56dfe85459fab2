"""Lifecycle: what became of a lead: outcomes, stages, and the clock until somebody calls."""
