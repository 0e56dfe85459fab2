"""Watch: what leadshare looks after by the clock, beside deliveries."""
