"""Destinations: Dynamics 365 Sales."""
