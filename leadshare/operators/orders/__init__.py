"""Operators: orders about leads, touches and destinations, which change what is owed."""
