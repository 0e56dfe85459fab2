"""What is counted of leads: what each comes to, folded into days, which reports read."""
