"""Leads: what a touch or an outcome changes in its contact's rows, as transactions."""
