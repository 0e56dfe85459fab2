"""Lifecycle: outcomes that systems of the publisher's post: proven, kept, recorded, waited with."""
