"""Persons: who is meant by names as people write them, and what their job titles say."""
