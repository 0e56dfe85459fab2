"""Local host: storage queues, and what goes into their messages."""
