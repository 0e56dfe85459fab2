"""Run a Python v2 Functions app on a developer's machine, without Azure Functions Core Tools."""

from .host import Host

__all__ = ["Host"]
