"""Operators: what `/api/manage` takes and answers, described for programs: OpenAPI."""
