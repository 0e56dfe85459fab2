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

Binding = Mapping[str, Any]
RETURN = "$return"
EARLY = "PYTHON_ENABLE_INIT_INDEXING"
VERSION = sys.version_info[:2]


class InvalidApp(ValueError):
    """The worker would refuse this app."""


@dataclass(frozen=True)
class Function:
    """One function with its bindings as function.json would write them."""

    name: str
    bindings: Sequence[Binding]

    @property
    def trigger(self) -> Binding:
        """What calls it."""
        [trigger] = [one for one in self.bindings if one["type"].endswith("Trigger")]
        return trigger

    @property
    def outputs(self) -> Mapping[str, Binding]:
        """What it may set, and what it returns to, by name."""
        return {one["name"]: one for one in self.bindings if one["direction"] == "OUT"}


@dataclass(frozen=True)
class Code(Function):
    """A function with what the worker needs to call it."""

    call: Callable[..., Any]
    hints: Mapping[str, Any]
    wants_context: bool
    folder: Path

    @property
    def is_async(self) -> bool:
        """The worker asks this of the function itself, so that a sync wrapper counts as sync."""
        return inspect.iscoroutinefunction(self.call)


def is_early(environment: Mapping[str, str]) -> bool:
    """Tell whether the app is imported while the worker starts, whose end an error then is.

    That is so from Python 3.13 on, and before where a setting asks for it.
    """
    asked = environment.get(EARLY, "").lower() in {"1", "true"}
    return asked or VERSION >= (3, 13)


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


def read_functions(module: ModuleType) -> list[Code]:
    """Read the app's functions; by name, because in this order the host matches routes."""
    import azure.functions as func  # noqa: PLC0415  # the host only needs what is above

    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        raise InvalidApp(f"{module.__name__} has {len(apps)} function apps at top level, not one")
    functions = [_function(function) for function in apps[0].get_functions()]
    return sorted(functions, key=lambda function: function.name.upper())


def _function(source: Any) -> Code:
    name, call = source.get_function_name(), source.get_user_function()
    bindings = [json.loads(raw) for raw in source.get_raw_bindings()]
    parameters = set(inspect.signature(call).parameters)
    named = {binding["name"] for binding in bindings} - {RETURN}
    if parameters - {"context"} != named - {"context"}:
        raise InvalidApp(f"{name}: the parameters {parameters} do not match the bindings {named}")
    return Code(
        name=name,
        bindings=bindings,
        call=call,
        hints=typing.get_type_hints(call),
        wants_context="context" in parameters - named,
        folder=Path(inspect.getfile(call)).parent,
    )
