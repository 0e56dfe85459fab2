"""Configuration: what a publisher writes in `leadshare.toml`, read, checked and told of."""
