"""Listings: lead sharing of a publisher's listings in Partner Center; never deployed."""
