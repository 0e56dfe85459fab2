"""The templates of infra/, and the resources that they make from a set of parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from leadshare.local.deploy.package import INTAKE_APP
from leadshare.local.host.worker.app import imported, read_functions
from tests.infra import bicep
from tests.infra.bicep import Resource, Template
from tests.infra.syntax import text_of

ROOT: Final = Path(__file__).parents[2]
INFRA: Final = ROOT / "infra"
MAIN: Final = bicep.read(INFRA / "main.bicep")
INTAKE: Final = bicep.read(INFRA / "intake.bicep")
NAMES: Final = bicep.read(INFRA / "modules" / "names.bicep")
"""What everything is named; it makes nothing."""

MODULES: Final = {
    path.stem: bicep.read(path)
    for path in sorted(INFRA.glob("modules/*.bicep"))
    if path != NAMES.path
}
TEMPLATES: Final = {"main": MAIN, "intake": INTAKE, **MODULES}

EVERYTHING: Final[dict[str, Any]] = {
    "environmentName": "prod",
    "marketplaceTable": True,
    "networkRange": "10.20.0.0/24",
    "intakeUrl": "https://intake.example/api/leads",
    "testsFromOutside": True,
    "monthlyBudget": 50,
    "budgetStart": "2027-01-01",
    "alertEmails": ["marketplace@contoso.example"],
    "isLocked": True,
    "logsStorageChanges": True,
}
"""Parameters that leave nothing out."""

ALL_OF_INTAKE: Final[dict[str, Any]] = {
    "environmentName": "prod",
    "isPrivate": True,
    "isLocked": True,
    "logsStorageChanges": True,
}
"""The same for the intake app's deployment."""

APPS: Final[dict[str, tuple[Template, dict[str, Any]]]] = {
    "main": (MAIN, EVERYTHING),
    "intake": (INTAKE, ALL_OF_INTAKE),
}
"""Both deployments, with all that they can make."""


def module_of(declared: bicep.Declaration) -> Template:
    """Return the template that a module's declaration names."""
    name = text_of(declared.node.named_children[1]).strip("'")
    return TEMPLATES[Path(name).stem]


def calls(top: Template = MAIN, **given: Any) -> list[tuple[bicep.Declaration, dict[str, Any]]]:
    """Return the modules that *top* calls with *given*, each with what it is given in turn."""
    called = []
    for one in top.all("module"):
        body = one.value
        if body is not None and body.type == "if_statement":
            condition, body = body.named_children
            if not top.evaluate(condition, given):
                continue
        called.append((one, top.evaluate(body, given)["params"]))
    return called


def resources(top: Template = MAIN, **given: Any) -> list[Resource]:
    """Return all resources that the deployment of *top* makes with *given*."""
    return [
        resource
        for one, params in calls(top, **given)
        for resource in module_of(one).resources(**params)
    ]


def of_kind(kind: str, top: Template = MAIN, **given: Any) -> list[dict[str, Any]]:
    """Return the bodies of the resources of one *kind*."""
    return [one.body for one in resources(top, **given) if one.kind == kind]


def _bindings(folder: Path) -> list[dict[str, Any]]:
    # Imported afresh, for an app can be asked for its functions only once.
    with imported(folder, "function_app") as module:
        functions = read_functions(module)
    return [dict(one) for f in functions for one in (f.trigger, *f.outputs.values())]


BINDINGS: Final = _bindings(ROOT)
"""All triggers and outputs of the main app's functions."""

BINDINGS_OF_INTAKE: Final = _bindings(ROOT / INTAKE_APP)
"""The same of the intake app's."""
