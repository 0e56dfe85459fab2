"""Commands: what is known of a person: asked for, for command lines are logged."""

from __future__ import annotations

import sys

import typer


def asked_for(kind: str) -> str:
    """Return a text of a *kind*, asked for, or read from the standard input."""
    text = typer.prompt(kind.capitalize(), err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return str(text).strip()
