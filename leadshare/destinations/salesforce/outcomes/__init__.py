"""Destinations: what Salesforce tells of what became of leads."""
