"""Destinations: HubSpot."""
