"""Local: deploy infra/intake.bicep, if it or its parameters have changed since it was last."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from leadshare.local.deploy.azure_cli import ReleaseFailed, az

IDENTITY: Final = "Microsoft.ManagedIdentity/userAssignedIdentities"
MARK: Final = "leadshare-deployed"
"""The tag of intake's identity that tells what was deployed last, to the end.

Whatever deploys the identity begins by taking it away, for the template does not name it.
"""

_NAMED: Final = re.compile(r"(?:\busing|\bfrom|\bextends|\bmodule \w+|\bload\w+\()\s*'([^':]+)'")
"""Where a file names another that it is made with."""


def deploy(parameters: Path, group: str) -> str:
    """Deploy what *parameters* are for to resource *group*, unless that is what is there."""
    digest = fingerprint(parameters)
    identities = az("resource", "list", "--resource-group", group, "--resource-type", IDENTITY)
    if digest in {(one["tags"] or {}).get(MARK) for one in identities}:
        return "Intake's resources are as they were deployed: they were left alone"
    where = ("--resource-group", group, "--parameters", str(parameters))
    done = az("deployment", "group", "create", *where, "--name", f"leadshare-intake-{digest[:12]}")
    identity = done["properties"]["outputs"]["identityId"]["value"]
    mark = ("--operation", "Merge", "--tags", f"{MARK}={digest}")
    az("tag", "update", "--resource-id", identity, *mark)
    return "Intake's resources were deployed"


def fingerprint(parameters: Path) -> str:
    """Return what the file of *parameters* and all that it is deployed with are told apart by."""
    found, left = dict[str, str](), [parameters]
    while left:
        path = left.pop()
        name = Path(os.path.relpath(path, parameters.parent)).as_posix()
        if name in found:
            continue
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            raise ReleaseFailed(f"{path}: cannot be read: {error.strerror}") from None
        if "readEnvironmentVariable(" in text:
            raise ReleaseFailed(f"{path}: expected values, not the environment: it may change")
        found[name] = hashlib.sha256(text.encode()).hexdigest()
        left += [path.parent / one for one in _NAMED.findall(text)]
    lines = "\n".join(f"{name} {found[name]}" for name in sorted(found))
    return hashlib.sha256(lines.encode()).hexdigest()
