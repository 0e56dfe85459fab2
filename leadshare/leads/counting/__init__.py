"""Leads: what is counted of a lead as its rows change, and how all is counted anew."""

from leadshare.leads.counting.rows import again, risen, touched

__all__ = ["again", "risen", "touched"]
