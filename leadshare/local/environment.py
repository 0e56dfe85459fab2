"""Local: the project's virtual environment; the standard library only, on any Python 3.11+."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[2]
VENV: Final = ROOT / ".venv"
PYTHON: Final = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

RUN: Final = (ROOT / "requirements.txt", ROOT / "leadshare" / "local" / "requirements.txt")
TEST: Final = (*RUN, ROOT / "tests" / "requirements.txt")


def prepare(requirements: Sequence[Path]) -> None:
    """Make the environment hold *requirements*; at once where it does already."""
    stamp = VENV / f"{len(requirements)}.installed"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in requirements)).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print("Making a virtual environment in .venv ...", flush=True)
        venv.create(VENV, with_pip=True)
    print("Installing packages ...", flush=True)
    files = [word for path in requirements for word in ("-r", str(path))]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *files], check=True)  # noqa: S603 - our own arguments
    stamp.write_text(wanted)


def hand_over(module: str, words: Sequence[str]) -> NoReturn:
    """Go on as *module* under the environment's Python, and end with its exit code."""
    command = [str(PYTHON), "-m", module, *words]
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))  # noqa: S603 - our own arguments
    # The same process, so that Ctrl-C and exit codes need no passing on.
    os.execv(command[0], command)  # noqa: S606 - our own arguments
