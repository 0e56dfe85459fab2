"""Client: tokens that a sign-in gives, and what its refusal means."""
