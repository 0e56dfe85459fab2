"""Local: the Azure CLI, which signs in and asks Azure for us."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any


class ReleaseFailed(Exception):
    """What was to be in Azure is not; the text says what failed."""


def az(*words: str) -> Any:
    """Run the Azure CLI and return its answer, which may hold keys and is never shown."""
    path = shutil.which("az")
    if path is None:
        raise ReleaseFailed("the Azure CLI is not installed")
    command = [path, *words, "--output", "json", "--only-show-errors"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        raise ReleaseFailed(f"az {' '.join(words[:4])} failed; it says why above")
    return json.loads(done.stdout or "null")
