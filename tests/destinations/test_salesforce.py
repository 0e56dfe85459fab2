"""Salesforce: placeholder."""
