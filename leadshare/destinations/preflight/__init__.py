"""Destinations: what would fail there, found before a lead does."""
