"""Client: what an answer says, read without believing it."""
