"""Leads: tracks by what rows say: how they begin and end, what comes next, how many there are."""
