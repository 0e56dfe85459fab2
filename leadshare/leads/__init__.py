"""Leads: a touch becomes part of a lead, which is routed, and kept together or in quarantine."""
