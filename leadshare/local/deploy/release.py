"""Local: put a package into Azure with the Azure CLI, and prove that it works there."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from leadshare.local.deploy import smoke

TYPE: Final = "Microsoft.Web/sites"
SERVICE: Final = "app"
"""The tag `azd-service-name` of the app; azd finds it by the same."""

BUILD: Final = "build.txt"
"""The file of a package that tells its build id; the app finds it by the same name."""


class ReleaseFailed(Exception):
    """The package is not in Azure; the text says what failed."""


def release(package: Path, group: str, prove: Callable[[str, str, str], str] = smoke.run) -> str:
    """Deploy *package* to the app in resource *group*; return what *prove* says of it."""
    build = _build(package)
    app = _app(group)
    where = ("--resource-group", group, "--name", app)
    # Prebuilt: nothing is built or fetched in Azure, so what was tested is what runs.
    put = ("functionapp", "deployment", "source", "config-zip", "--src", str(package))
    _az(*put, *where, "--build-remote", "false", "--timeout", "600")
    site = _az("resource", "show", *where, "--resource-type", TYPE)
    keys = _az("functionapp", "keys", "list", *where)
    host = site["properties"]["defaultHostName"]
    return prove(f"https://{host}", keys["functionKeys"]["default"], build)


def _build(package: Path) -> str:
    """Return the build id of *package*, which only a package of ours has."""
    if not package.is_file():
        raise ReleaseFailed(f"{package}: no such package")
    try:
        with ZipFile(package) as archive:
            return archive.read(BUILD).decode()
    except (BadZipFile, KeyError):
        raise ReleaseFailed(f"{package}: expected a package with a {BUILD}") from None


def _app(group: str) -> str:
    """Return the name of the one app in *group* that is ours."""
    found = _az("resource", "list", "--resource-group", group, "--resource-type", TYPE)
    ours = [one["name"] for one in found if (one["tags"] or {}).get("azd-service-name") == SERVICE]
    if len(ours) != 1:
        raise ReleaseFailed(
            f"{group}: expected one app tagged azd-service-name = {SERVICE}, found {len(ours)}"
        )
    return str(ours[0])


def _az(*words: str) -> Any:
    """Run the Azure CLI and return its answer, which may hold keys and is never shown."""
    az = shutil.which("az")
    if az is None:
        raise ReleaseFailed("the Azure CLI is not installed")
    command = [az, *words, "--output", "json", "--only-show-errors"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise ReleaseFailed(f"az {' '.join(words[:4])} failed; it says why above")
    return json.loads(done.stdout or "null")
