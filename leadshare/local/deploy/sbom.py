"""Local: tell what is in a package, as a software bill of materials (CycloneDX 1.6)."""

from __future__ import annotations

import json
import re
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from leadshare.local.deploy.target import APP, INTAKE

SUFFIX: Final = ".cdx.json"

_METADATA: Final = re.compile(r".+/site-packages/[^/]+\.dist-info/METADATA")
_EXPRESSION: Final = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR) [A-Za-z0-9.+-]+)*")
_SAID: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
}
"""What older packages say in words, and mean by it."""


def licence_of(told: Message) -> str:
    """Return the licence that the metadata of a package tell, as an SPDX expression.

    Nothing where they tell none that is known.
    """
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in told.get_all("Classifier", [])
        if text.startswith("License")
    ]
    for said in (told.get("License-Expression"), told.get("License"), *classifiers):
        text = _SAID.get(str(said or "").strip(), str(said or "").strip())
        if _EXPRESSION.fullmatch(text):
            return text
    return ""


def bill(package: Path) -> dict[str, Any]:
    """Return the bill of a *package*: the same each time, for the same package."""
    with ZipFile(package) as archive:
        texts = [archive.read(one).decode() for one in archive.namelist() if _METADATA.match(one)]
        name = "leadshare-intake" if archive.read(APP).decode() == INTAKE else "leadshare"
    parts = sorted((_component(Parser().parsestr(text)) for text in texts), key=_purl)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": name, "licenses": [{"expression": "MIT"}]}
        },
        "components": parts,
    }


def write(package: Path) -> Path:
    """Write the bill of a *package* beside it, and return where."""
    path = package.with_suffix(SUFFIX)
    path.write_text(json.dumps(bill(package), indent=2) + "\n", encoding="utf-8")
    return path


def _component(told: Message) -> dict[str, Any]:
    name = re.sub(r"[-_.]+", "-", str(told["Name"])).lower()
    licence = licence_of(told)
    return {
        "type": "library",
        "name": name,
        "version": str(told["Version"]),
        "purl": f"pkg:pypi/{name}@{told['Version']}",
        **({"licenses": [{"expression": licence}]} if licence else {}),
    }


def _purl(component: dict[str, Any]) -> str:
    return str(component["purl"])
