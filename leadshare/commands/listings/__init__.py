"""Commands: listings: have the leads of each come here, and look after their keys."""
