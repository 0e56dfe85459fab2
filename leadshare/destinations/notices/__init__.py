"""Destinations: notices, which tell people of a lead whose record is elsewhere."""
