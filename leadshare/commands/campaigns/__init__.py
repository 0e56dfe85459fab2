"""Commands: campaigns: their links, what they are, and who would move under another file."""
