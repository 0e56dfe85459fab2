"""Local host: run a Python v2 Functions app without Azure Functions Core Tools."""

from .host import Host

__all__ = ["Host"]
