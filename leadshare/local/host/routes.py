"""Local host: match a request's path against the routes of the functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass

PARAMETER = re.compile(r"{(\*?)(\w[\w-]*)((?::\w+(?:\([\d,]+\))?)*)(\??)}")
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
    """Read a route; literal parts match in any case, as in ASP.NET."""
    names: list[str] = []
    constraints: list[re.Pattern[str]] = []
    pattern = ""
    for segment in f"{prefix}/{template}".strip("/").split("/"):
        part, optional, end = "", False, 0
        for parameter in PARAMETER.finditer(segment):
            star, name, rules, mark = parameter.groups()
            part += re.escape(segment[end : parameter.start()]) + ("(.*)" if star else "([^/]+?)")
            optional = optional or bool(star or mark)
            end = parameter.end()
            names.append(name)
            constraints.append(_constraint(rules))
        if "{" in segment[end:]:
            raise ValueError(f"the route {template!r} cannot be read")
        part += re.escape(segment[end:])
        pattern += f"(?:/{part})?" if optional else f"/{part}"
    return Route(
        re.compile(f"{pattern}/?", re.IGNORECASE | re.DOTALL),
        tuple(names),
        tuple(constraints),
        methods,
    )


def _constraint(rules: str) -> re.Pattern[str]:
    """Make one pattern that holds if every one of `:int:length(3)` does."""
    pattern = ""
    for rule in rules.split(":")[1:]:
        name, _, limits = rule.rstrip(")").partition("(")
        if name not in CONSTRAINTS:
            raise ValueError(f"this host has no route constraint {name!r}")
        pattern += f"(?={CONSTRAINTS[name](limits)}$)"
    return re.compile(f"{pattern}.*", re.IGNORECASE | re.DOTALL)
