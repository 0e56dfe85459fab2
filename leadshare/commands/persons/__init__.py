"""Commands: persons: find one, erase one, and what else one may ask for."""
