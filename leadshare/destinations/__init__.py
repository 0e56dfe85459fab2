"""Destinations: the follow-up systems, one file each."""
