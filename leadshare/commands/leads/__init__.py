"""Commands: leads: what there is, what waits, what became of it, and orders about them."""
