"""Local host: match a request's path against the routes of the functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from leadshare.local.host.errors import HostError

PARAMETER = re.compile(
    r"(?<!{){(\*{0,2})([^{}:?=]*)((?::\w+(?:\([\d,]+\))?)*)(\??)}(?!})"  # {{ and }} are braces
)
CONSTRAINTS: dict[str, Callable[[str], str]] = {
    "int": lambda _: r"[+-]?\d+",
    "guid": lambda _: r"{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}}?",
    "alpha": lambda _: "[a-z]*",
    "length": lambda limits: f".{{{limits}}}",
}


@dataclass(frozen=True)
class Route:
    """A template such as `leads/{offer?}`, below the prefix."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    constraints: tuple[re.Pattern[str], ...]
    methods: frozenset[str]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Give the parameters that *path* holds, or None if the route does not fit."""
        if self.methods and method not in self.methods:
            return None
        match = self.pattern.fullmatch(path)
        if match is None:
            return None
        values = match.groups()
        for constraint, value in zip(self.constraints, values, strict=True):
            if value and not constraint.fullmatch(value):
                return None
        return {name: value for name, value in zip(self.names, values, strict=True) if value}


def compile_route(template: str, prefix: str, methods: frozenset[str]) -> Route:
    """Read a route; literal parts match in any case, as in ASP.NET.

    A template that ASP.NET cannot read keeps the real host from starting, so it raises HostError.
    """
    whole = f"{prefix}/{template}" if prefix else template
    names: list[str] = []
    constraints: list[re.Pattern[str]] = []
    pattern, caught = "", False
    for segment in _segments(whole):
        if caught:
            raise _invalid(whole, "what catches all may only be the last segment")
        part, optional, end = "", False, 0
        for parameter in PARAMETER.finditer(segment):
            star, name, rules, mark = parameter.groups()
            _check(whole, name, names)
            if (end and parameter.start() == end) or (star and parameter[0] != segment):
                raise _invalid(whole, "between two parameters there must be a literal")
            part += re.escape(_literal(whole, segment[end : parameter.start()]))
            part += "(.*)" if star else "([^/]+?)"
            optional, caught = optional or bool(star or mark), caught or bool(star)
            end = parameter.end()
            names.append(name)
            constraints.append(_constraint(whole, rules))
        part += re.escape(_literal(whole, segment[end:]))
        pattern += f"(?:/{part})?" if optional else f"/{part}"
    return Route(
        re.compile(f"{pattern}/?", re.IGNORECASE | re.DOTALL),
        tuple(names),
        tuple(constraints),
        methods,
    )


def _segments(template: str) -> list[str]:
    if template.startswith("~") and not template.startswith("~/"):
        raise _invalid(template, "it may not begin with ~")
    trimmed = template.removeprefix("~").removeprefix("/")
    if "//" in trimmed:
        raise _invalid(template, "two slashes may not stand together")
    return trimmed.removesuffix("/").split("/")


def _check(template: str, name: str, names: list[str]) -> None:
    if not name or set(name) & set("/*"):
        raise _invalid(template, f"{name!r} is no name of a parameter")
    if name.lower() in map(str.lower, names):
        raise _invalid(template, f"the parameter {name!r} appears more than once")


def _literal(template: str, text: str) -> str:
    """Check what stands outside parameters; doubled braces stand for themselves."""
    plain = text.replace("{{", "").replace("}}", "")
    if "{" in plain or "}" in plain:
        raise _invalid(template, "a brace has no partner")
    if "?" in plain:
        raise _invalid(template, "a question mark may only end a parameter")
    return text.replace("{{", "{").replace("}}", "}")


def _constraint(template: str, rules: str) -> re.Pattern[str]:
    """Make one pattern that holds if every one of `:int:length(3)` does."""
    pattern = ""
    for rule in rules.split(":")[1:]:
        name, _, limits = rule.rstrip(")").partition("(")
        if name not in CONSTRAINTS:
            raise _invalid(template, f"this host has no route constraint {name!r}")
        pattern += f"(?={CONSTRAINTS[name](limits)}$)"
    return re.compile(f"{pattern}.*", re.IGNORECASE | re.DOTALL)


def _invalid(template: str, why: str) -> HostError:
    return HostError(f"An error occurred while creating the route {template!r}: {why}")
