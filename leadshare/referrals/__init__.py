"""Referrals: Microsoft's co-sell records, which are no leads and are kept apart."""
