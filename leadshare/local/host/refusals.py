"""Local host: which functions the host refuses by what they declare alone."""

import re
from collections.abc import Sequence

from leadshare.local.host.errors import FunctionError
from leadshare.local.host.settings.bundles import BUILT_IN, Bundle
from leadshare.local.host.worker.app import RETURN, Binding, Function

FUNCTION_NAME = re.compile(r"(?!host$)[a-z][a-z0-9_-]{0,127}", re.IGNORECASE | re.ASCII)
BINDING_NAME = re.compile(rf"[a-zA-Z][a-zA-Z0-9]{{0,127}}|{re.escape(RETURN)}")
RESERVED = ("admin", "runtime")  # the host's own routes begin so


def refusals(functions: Sequence[Function], bundle: Bundle | None) -> dict[str, str]:
    """Say what is wrong with each function in error; *functions* come in the host's order."""
    refused: dict[str, str] = {}
    routes: list[tuple[str, str, frozenset[str]]] = []
    for function in functions:
        try:
            _check_names(function)
            _check_types(function.bindings, bundle)
            if function.trigger["type"].lower() == "httptrigger":
                _check_route(function, routes)
                routes.append((function.name, *route_of(function)))
        except FunctionError as error:
            refused[function.name] = str(error)
    return refused


def route_of(function: Function) -> tuple[str, frozenset[str]]:
    """Give the route and the methods that it is for; without a route, the function's name."""
    trigger = function.trigger
    return (trigger.get("route") or "").strip() or function.name, methods_of(trigger)


def methods_of(trigger: Binding) -> frozenset[str]:
    """Give the methods of an HTTP trigger; none are all."""
    return frozenset(trigger.get("methods") or ())


def _check_names(function: Function) -> None:
    if FUNCTION_NAME.fullmatch(function.name) is None:
        raise FunctionError(f"'{function.name}' is not a valid function name.")
    seen: set[str] = set()
    for binding in function.bindings:
        name = binding["name"]
        if BINDING_NAME.fullmatch(name) is None:
            raise FunctionError(
                f"The binding name {name} is invalid. Please assign a valid name to the binding."
            )
        if name.lower() in seen:
            raise FunctionError(
                f"Multiple bindings with name '{name}' discovered. Binding names must be unique."
            )
        seen.add(name.lower())


def _check_types(bindings: Sequence[Binding], bundle: Bundle | None) -> None:
    registered = BUILT_IN | (bundle.bindings if bundle else frozenset())
    inputs_first = sorted(bindings, key=lambda binding: binding["direction"].lower() == "out")
    types = dict.fromkeys(binding["type"] for binding in inputs_first)
    unknown = ", ".join(kind for kind in types if kind.lower() not in registered)
    if not unknown:
        return
    if bundle is None:
        raise FunctionError(
            f"The binding type(s) '{unknown}' are not registered."
            " Please ensure the type is correct and the binding extension is installed."
        )
    if bundle.version is None:
        raise FunctionError(
            f"The binding type(s) '{unknown}' were not found in the configured extension bundle."
            " Please ensure the type is correct and the correct version of extension bundle"
            " is configured."
        )
    raise FunctionError(
        f"The binding type(s) '{unknown}' are none that the local host has,"
        " whatever the extension bundle may have."
    )


def _check_route(function: Function, routes: Sequence[tuple[str, str, frozenset[str]]]) -> None:
    route, methods = route_of(function)
    if route.strip("/").lower().startswith(RESERVED):
        raise FunctionError("The specified route conflicts with one or more built in routes.")
    for name, other, others in routes:
        same = route.strip("/").lower() == other.strip("/").lower()
        if same and (not methods or not others or methods & others):
            raise FunctionError(
                f"The route specified conflicts with the route defined by function '{name}'."
            )


def indexing_error(function: str, error: object) -> str:
    """Say what is wrong with a function whose trigger cannot be set up."""
    return f"Microsoft.Azure.WebJobs.Host: Error indexing method 'Functions.{function}'. {error}"


def log_line(function: str, fault: str) -> str:
    """Say it as the host does."""
    return f"The '{function}' function is in error: {fault}"
