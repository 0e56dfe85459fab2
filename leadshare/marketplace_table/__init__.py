"""Marketplace table: Microsoft's table as a source of leads."""
