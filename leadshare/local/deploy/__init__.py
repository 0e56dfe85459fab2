"""Local: what CI and people deploy with: the package, its release, and the smoke test."""
