"""Listings: lead sharing of a publisher's listings, from the command line; never deployed."""
