"""Local: a CRM's inbox on loopback: the leads that it gets, and what its sellers make of them."""
