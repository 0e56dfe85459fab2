"""Destinations: Salesforce."""
