"""Destinations: Zoho CRM."""
