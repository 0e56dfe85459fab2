"""Local host: import the app and read its functions as the Python worker indexes them."""

import importlib
import inspect
import json
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

Binding = Mapping[str, Any]
SUPPORTED = {
    ("in", "httptrigger"),
    ("in", "queuetrigger"),
    ("in", "timertrigger"),
    ("out", "queue"),
}
RETURN = "$return"


class InvalidApp(ValueError):
    """The worker would refuse this app, or it needs a binding that this host does not have."""


@dataclass(frozen=True)
class Function:
    """One function with its bindings as function.json would write them."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    outputs: Mapping[str, Binding]
    hints: Mapping[str, Any]
    wants_context: bool
    folder: Path

    @property
    def is_async(self) -> bool:
        """The worker asks this of the function itself, so that a sync wrapper counts as sync."""
        return inspect.iscoroutinefunction(self.call)


@contextmanager
def imported(folder: Path, name: str) -> Iterator[ModuleType]:
    """Import the module *name* of *folder* afresh, and leave no trace of it afterwards."""
    path, before = str(folder.resolve()), sys.modules.pop(name, None)
    sys.path.insert(0, path)
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(path)
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before


def read_functions(module: ModuleType) -> list[Function]:
    """Read the app's functions; by name, because in this order the host matches routes."""
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise InvalidApp(f"{module.__name__} has {len(apps)} function apps at top level, not one")
    functions = [_function(function) for function in apps[0].get_functions()]
    return sorted(functions, key=lambda function: function.name.lower())


def _function(source: Any) -> Function:
    name, call = source.get_function_name(), source.get_user_function()
    bindings = [json.loads(raw) for raw in source.get_raw_bindings()]
    for binding in bindings:
        kind = (binding["direction"].lower(), binding["type"].lower())
        if kind not in SUPPORTED and (binding["name"], kind[1]) != (RETURN, "http"):
            raise InvalidApp(f"{name}: this host has no {binding['type']} binding")
    parameters = set(inspect.signature(call).parameters)
    named = {binding["name"] for binding in bindings} - {RETURN}
    if parameters - {"context"} != named - {"context"}:
        raise InvalidApp(f"{name}: the parameters {parameters} do not match the bindings {named}")
    return Function(
        name=name,
        call=call,
        trigger=_trigger(bindings),
        outputs={b["name"]: b for b in bindings if b["direction"] == "OUT"},
        hints=typing.get_type_hints(call),
        wants_context="context" in parameters - named,
        folder=Path(inspect.getfile(call)).parent,
    )


def _trigger(bindings: Sequence[Binding]) -> Binding:
    [trigger] = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    return trigger
