"""Local host: what a function is given beside its trigger: its outputs, and who it is."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from leadshare.local.host.worker.app import Code


class Out(func.Out[Any]):
    """What a function may set, once or never."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        """Keep *val* until the function has returned."""
        self._value = val

    def get(self) -> Any:
        """Give what was set."""
        return self._value


@dataclass(frozen=True)
class Trace:
    """The trace that an invocation is part of."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


class Context(func.Context):
    """Which function is being invoked, and by which invocation."""

    def __init__(self, code: Code, invocation: str, trace_parent: str) -> None:
        self._code = code
        self._trace = Trace(trace_parent)
        self._id = invocation
        self._local = threading.local()

    invocation_id = property(lambda self: self._id)
    function_name = property(lambda self: self._code.name)
    function_directory = property(lambda self: str(self._code.folder))
    thread_local_storage = property(lambda self: self._local)
    trace_context = property(lambda self: self._trace)
    retry_context = property(lambda _: None)

    def call(self, function: Callable[[], Any]) -> Any:
        """Call *function*, which finds the invocation's id in its thread's storage."""
        self._local.invocation_id = self._id
        return function()
