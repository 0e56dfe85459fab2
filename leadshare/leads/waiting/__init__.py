"""Leads: those that wait for somebody to call, and who is reminded of them."""
