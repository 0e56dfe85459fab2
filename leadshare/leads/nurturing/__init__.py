"""Leads: nurture those that are not sales-ready: begin tracks, work steps off, end tracks."""
