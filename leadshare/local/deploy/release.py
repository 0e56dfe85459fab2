"""Local: put a package into Azure with the Azure CLI, and prove that it works there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile

from leadshare.intake.build import BUILD
from leadshare.local.deploy import prover, smoke
from leadshare.local.deploy.azure_cli import ReleaseFailed, az
from leadshare.local.deploy.smoke import Site
from leadshare.local.deploy.target import APP, INTAKE, MAIN, PYTHON

TYPE: Final = "Microsoft.Web/sites"
TAG: Final = "leadshare"
"""What says which app an app is, for names are made in Azure."""

SITES: Final = (
    "/subscriptions/{{subscriptionId}}/resourceGroups/{group}/providers/Microsoft.Web/sites"
    "?api-version=2025-03-01"
)
"""All apps of a group with their addresses, asked for at once: none of them need be named."""

RELEASED: Final = "leadshare-released"
"""The tag of the resource group that `infra/` switches the alerts on by."""

RULES: Final = ("Microsoft.Insights/scheduledQueryRules", "Microsoft.Insights/metricAlerts")

Prove = Callable[[Site, Site | None], str]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a package tells of itself, as only ours do."""

    app: str
    build: str
    python: str


def release(package: Path, group: str, prove: Prove = smoke.run) -> str:
    """Deploy *package* to its app in resource *group*; return what *prove* says of it.

    Intake is left alone while it runs the same build: a release of it is a gap in which leads that
    are posted may be lost. Once a lead was seen to get through both apps the alerts are on, which
    would cry over an app that was never deployed. A release of intake gives the prover its key.
    """
    stamp = _stamp(package)
    sites = az("rest", "--method", "get", "--url", SITES.format(group=quote(group)))["value"]
    main, intake = _one(sites, MAIN, group), None
    if stamp.app == INTAKE or _tagged(sites, INTAKE):
        intake = _one(sites, INTAKE, group)
    runs = smoke.build_of(_url(intake)) if intake else ""
    if stamp.app == INTAKE and runs == stamp.build:
        return f"Intake runs build {runs} already: it was left alone"
    _publish(package, stamp, group, intake if intake and stamp.app == INTAKE else main)
    if intake is None or not (runs or stamp.app == INTAKE):
        return prove(_site(main, group, stamp), None)
    proven = prove(_site(main, group, stamp), _site(intake, group, stamp))
    if stamp.app == INTAKE:
        proven += f"\n{prover.equip(main, intake, group)}"
    return f"{proven}\n{_alert(group, stamp.build)}"


def _publish(package: Path, stamp: Stamp, group: str, site: Mapping[str, Any]) -> None:
    where = ("--resource-group", group, "--name", str(site["name"]))
    shown = az("resource", "show", *where, "--resource-type", TYPE)["properties"]
    has = shown["functionAppConfig"]["runtime"]["version"]
    if has != stamp.python:  # nothing that is compiled would load
        raise ReleaseFailed(
            f"{package} is for Python {stamp.python}, but {site['name']} has {has}: deploy infra/"
            f" with pythonVersion = '{stamp.python}' first, or release a package for {has}"
        )
    # Prebuilt: nothing is built or fetched in Azure, so what was tested is what runs.
    put = ("functionapp", "deployment", "source", "config-zip", "--src", str(package))
    az(*put, *where, "--build-remote", "false", "--timeout", "600")


def _alert(group: str, build: str) -> str:
    """Switch the alerts of *group* on, now and in each deployment of `infra/` to come; say so."""
    tagged = az("group", "show", "--name", group)
    tag = ("--resource-id", tagged["id"], "--tags", f"{RELEASED}={build}")
    az("tag", "update", "--operation", "Merge", *tag)
    listed = ("resource", "list", "--resource-group", group, "--resource-type")
    found = [one for kind in RULES for one in az(*listed, kind)]
    ours = [one["id"] for one in found if one["name"].startswith("leadshare-")]
    # One by one, for az waits for one patch, and for none of several.
    for rule in ours:
        az("resource", "patch", "--ids", rule, "--properties", json.dumps({"enabled": True}))
    return f"The alerts are on: {len(ours)} rules"


def _stamp(package: Path) -> Stamp:
    if not package.is_file():
        raise ReleaseFailed(f"{package}: no such package")
    try:
        with ZipFile(package) as archive:
            return Stamp(*(archive.read(name).decode() for name in (APP, BUILD, PYTHON)))
    except (BadZipFile, KeyError):
        wanted = f"{APP}, a {BUILD} and a {PYTHON}"
        raise ReleaseFailed(f"{package}: expected a package with an {wanted}") from None


def _tagged(sites: Sequence[Mapping[str, Any]], app: str) -> list[Mapping[str, Any]]:
    return [one for one in sites if (one.get("tags") or {}).get(TAG) == app]


def _one(sites: Sequence[Mapping[str, Any]], app: str, group: str) -> Mapping[str, Any]:
    """Return the one of *sites* that is that *app*."""
    ours = _tagged(sites, app)
    if len(ours) != 1:
        raise ReleaseFailed(f"{group}: expected one app tagged {TAG} = {app}, found {len(ours)}")
    return ours[0]


def _url(site: Mapping[str, Any]) -> str:
    return f"https://{site['properties']['defaultHostName']}"


def _site(site: Mapping[str, Any], group: str, stamp: Stamp) -> Site:
    """Return where *site* is, with its keys, and the build that must answer if it was released."""
    keys = az("functionapp", "keys", "list", "--resource-group", group, "--name", site["name"])
    build = stamp.build if site["tags"][TAG] == stamp.app else ""
    return Site(_url(site), keys["functionKeys"]["default"], build, keys["masterKey"])
