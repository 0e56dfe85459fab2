"""Telemetry: what leadshare tells of itself: events, metrics, spans and where they go."""
