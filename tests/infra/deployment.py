"""The templates of infra/, and the resources that they make from a set of parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from leadshare.local.host.app import imported, read_functions
from tests.infra import bicep
from tests.infra.bicep import Resource, Template

ROOT: Final = Path(__file__).parents[2]
INFRA: Final = ROOT / "infra"
MAIN: Final = bicep.read(INFRA / "main.bicep")
MODULES: Final = {path.stem: bicep.read(path) for path in sorted(INFRA.glob("modules/*.bicep"))}
TEMPLATES: Final = {"main": MAIN, **MODULES}

EVERYTHING: Final[dict[str, Any]] = {
    "environmentName": "prod",
    "identityKeyVersion": "0123456789abcdef0123456789abcdef",
    "marketplaceTable": True,
    "networkRange": "10.20.0.0/24",
    "monthlyBudget": 50,
    "budgetStart": "2027-01-01",
    "alertEmails": ["marketplace@contoso.example"],
    "isLocked": True,
}
"""Parameters that leave nothing out."""


def module_of(declared: bicep.Declaration) -> Template:
    """Return the template that a module's declaration names."""
    name = bicep.text_of(declared.node.named_children[1]).strip("'")
    return TEMPLATES[Path(name).stem]


def calls(**given: Any) -> list[tuple[bicep.Declaration, dict[str, Any]]]:
    """Return the modules that main calls with *given*, each with what it is given in turn."""
    called = []
    for one in MAIN.all("module"):
        body = one.value
        if body is not None and body.type == "if_statement":
            condition, body = body.named_children
            if not MAIN.evaluate(condition, given):
                continue
        called.append((one, MAIN.evaluate(body, given)["params"]))
    return called


def resources(**given: Any) -> list[Resource]:
    """Return all resources that the deployment makes with *given*."""
    return [
        resource
        for one, params in calls(**given)
        for resource in module_of(one).resources(**params)
    ]


def of_kind(kind: str, **given: Any) -> list[dict[str, Any]]:
    """Return the bodies of the resources of one *kind*."""
    return [one.body for one in resources(**given) if one.kind == kind]


def _bindings() -> list[dict[str, Any]]:
    # Imported afresh, for an app can be asked for its functions only once.
    with imported(ROOT, "function_app") as module:
        functions = read_functions(module)
    return [dict(one) for f in functions for one in (f.trigger, *f.outputs.values())]


BINDINGS: Final = _bindings()
"""All triggers and outputs of the app's functions."""
