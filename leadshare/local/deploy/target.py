"""Local: the two apps in Azure, what they run on, and which compiled files load there."""

from __future__ import annotations

import re
from typing import Final

from leadshare.local.environment import ROOT

MAIN: Final = "app"
INTAKE: Final = "intake"
"""The two apps, as their tag and their package tell which they are."""

APP: Final = "app.txt"
"""The file of a package that tells which app it is of."""

PYTHON: Final = "python.txt"
"""The file of a package that tells which Python it is for."""

MACHINE: Final = "Linux x86_64"

GLIBC: Final = {"3.11": 31, "3.12": 36, "3.13": 36, "3.14": 36}
"""The minor version of glibc 2 beside each Python in Azure, at least: 3.11 came on Debian 11
(Azure/azure-functions-python-worker#1651), 3.12 and 3.13 on Debian 12 (the Dockerfiles in
host/4/bookworm/python of Azure/azure-functions-docker), what is newer on Ubuntu 24.04 (issue 1045
there). What is compiled for an older glibc loads on a newer one."""

TEMPLATE: Final = ROOT / "infra" / "main.bicep"


def python() -> str:
    """Return the Python that the app has in Azure: what `pythonVersion` is in the template.

    It stands nowhere else: the package, its wheels and CI follow it.
    """
    text = TEMPLATE.read_text("utf-8")
    found = re.search(r"^param pythonVersion string = '(.+)'$", text, re.MULTILINE)
    if not found or found[1] not in GLIBC:
        raise LookupError(f"{TEMPLATE.name}: expected a default of pythonVersion in {[*GLIBC]}")
    return found[1]


def platforms(python: str) -> list[str]:
    """Return the tags of wheels that load beside *python* in Azure, for the oldest glibc first.

    pip takes what fits the first of them, and would by itself take what the builder's system loads.
    """
    newer = [f"manylinux_2_{minor}_x86_64" for minor in range(17, GLIBC[python] + 1)]
    return ["manylinux2014_x86_64", *newer]
