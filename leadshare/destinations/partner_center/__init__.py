"""Destinations: Partner Center, where field sellers and the marketplace follow up."""
