"""Destinations: Odoo."""
