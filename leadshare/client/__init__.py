"""Client: the one way to call an address that somebody configured."""
