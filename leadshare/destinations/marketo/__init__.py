"""Destinations: Marketo Engage."""
