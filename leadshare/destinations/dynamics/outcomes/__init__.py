"""Destinations: what Dataverse tells of what became of leads."""
