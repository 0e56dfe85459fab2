"""Local: the project's virtual environment; the standard library only."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from leadshare.local import installing

ROOT: Final = Path(__file__).resolve().parents[2]
VENV: Final = ROOT / ".venv"
WINDOWS: Final = os.name == "nt"
PYTHON: Final = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
LAUNCHER: Final = PYTHON.with_name("leadshare")

RUN: Final = (ROOT / "requirements.txt", ROOT / "leadshare" / "local" / "requirements.txt")
TEST: Final = (*RUN, ROOT / "tests" / "requirements.txt")

# Read by a shell, it goes on under that Python, whose path may be too long for `#!` or have
# spaces; read by Python, those two lines are a string.
_SCRIPT: Final = """#!/bin/sh
'''exec' {python} "$0" "$@"
' '''
import sys
sys.path.insert(0, {root!r})
from leadshare.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
_CMD: Final = '@"%~dp0python.exe" "%~dp0leadshare" %*\n'


def prepare(requirements: Sequence[Path]) -> None:
    """Make the environment hold *requirements* and `leadshare`; at once where it does already.

    One that another Python made is made anew, for its packages are not for this one, and so is
    one that was never made to its end. RuntimeError with what is wrong if that fails.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    # pip is the last thing that is put into it.
    fits = PYTHON.with_name("pip.exe" if WINDOWS else "pip").exists() and _maker() == python
    stamp = VENV / f"{len(requirements)}.installed"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in requirements)).hexdigest()
    if not fits:
        print(f"Making a virtual environment for Python {python} in .venv ...", flush=True)
        _make()
    if not (fits and stamp.exists() and stamp.read_text() == wanted):
        files = [word for path in requirements for word in ("-r", str(path))]
        installing.with_pip(str(PYTHON), files, "Installing packages")
        stamp.write_text(wanted)
    _launch()


def _make() -> None:
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(
            f"{sys.executable} cannot make a virtual environment with pip; on Debian and Ubuntu"
            " that needs the package python3-venv"
        ) from error


def _launch() -> None:
    """Put the command `leadshare` beside the environment's Python."""
    files = {LAUNCHER: _SCRIPT.format(python=shlex.quote(str(PYTHON)), root=str(ROOT))}
    if WINDOWS:
        files[LAUNCHER.with_suffix(".cmd")] = _CMD
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)


def _maker() -> str:
    """Return which Python made the environment, such as 3.13; nothing if it does not say."""
    config = VENV / "pyvenv.cfg"
    text = config.read_text() if config.exists() else ""
    said = re.search(r"^version\S* = (\d+\.\d+)", text, re.MULTILINE)
    return said[1] if said else ""


def hand_over(module: str, words: Sequence[str]) -> NoReturn:
    """Go on as *module* under the environment's Python, and end with its exit code."""
    command = [str(PYTHON), "-m", module, *words]
    os.chdir(ROOT)
    sys.stdout.flush()
    if WINDOWS:
        sys.exit(subprocess.call(command))  # noqa: S603 - our own arguments
    # The same process, so that Ctrl-C and exit codes need no passing on.
    os.execv(command[0], command)  # noqa: S606 - our own arguments


@contextmanager
def inside(module: str) -> Iterator[None]:
    """End with what to type where imports of *module* find that this Python lacks a package."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package == "leadshare":
            raise
        advice = f"leadshare needs {package}, which this Python has not; type: "
        sys.exit(advice + _to_type(module, sys.argv[1:]))


def _to_type(module: str, words: Sequence[str]) -> str:
    """Return what to type for *words* after *module*, from the project's folder."""
    first = f"{'python -m leadshare.local' if WINDOWS else 'make'} run"
    if Path(sys.prefix).resolve() == VENV.resolve():
        return f"{first}, which installs what was added"
    command = [str(LAUNCHER)] if module == "leadshare" else [str(PYTHON), "-m", module]
    command[0] = os.path.relpath(command[0])
    typed = shlex.join([*command, *words])
    return typed if PYTHON.exists() else f"{first}, which makes .venv; then {typed}"
