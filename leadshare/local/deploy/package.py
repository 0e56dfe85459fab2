"""Local: build the package of either app, with everything that it needs."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pathspec import GitIgnoreSpec

from leadshare.intake.build import BUILD
from leadshare.local.deploy.target import APP, INTAKE, MAIN, PYTHON, platforms
from leadshare.local.environment import ROOT

PACKAGES: Final = ".python_packages/lib/site-packages"
"""Where the Python worker looks for packages."""

HERE: Final = ".".join(map(str, sys.version_info[:2]))
"""The Python that builds, which is the one that what was built runs on."""

INTAKE_APP: Final = "leadshare/intake/app"
"""The folder of what lies at the top of intake's package."""

LOCK: Final = "requirements.lock"
"""Every package that goes along, by its version and its hashes."""

INTAKE_TOP: Final = ("function_app.py", "host.json", "requirements.txt", LOCK)

INTAKE_FILES: Final = (
    *("leadshare/__init__.py", "leadshare/errors.py", "leadshare/texts.py", "leadshare/times.py"),
    *("leadshare/telemetry/__init__.py", "leadshare/telemetry/logs.py"),
    "leadshare/intake/*.py",
)
"""What else is in it: what its functions import. Whatever changes there is released to intake."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Package:
    """What was built, and how large it is: packed, unpacked, and of that our own files."""

    path: Path
    app: str
    files: int
    packed: int
    unpacked: int
    own: int
    python: str
    build: str
    digest: str

    def __str__(self) -> str:
        sizes = (self.packed, self.unpacked, self.own)
        packed, unpacked, own = (f"{size / 1e6:.1f} MB" for size in sizes)
        return (
            f"{self.path.name}: {packed}, {self.files} files, {unpacked} unpacked"
            f" ({own} of it ours), for Python {self.python}, build {self.build},"
            f" sha256 {self.digest}"
        )


def build(target: Path, app: str = MAIN, root: Path = ROOT) -> Package:
    """Pack an *app* of the project at *root* into the zip *target*, packages included, compiled.

    Compiled, for the app's folder is read-only in Azure: each cold start would compile all of it
    again, which makes importing take twice as long (measured: 0.22 s against 0.10 s to the list of
    functions, 1.0 s against 0.4 s to the first touch). Unchecked, for unpacking changes the
    times of files that Python would compare.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, source in (_of_intake(root) if app == INTAKE else _of_main(root)).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / path)
        _compile(folder)
        (folder / APP).write_text(app)
        (folder / PYTHON).write_text(HERE)
        packages = _packages(folder / LOCK, root)
        entries = _entries(packages, PACKAGES) | _entries(folder, "")
        (folder / BUILD).write_text(identify(entries))
        return _pack(target, entries | {BUILD: folder / BUILD})


def _of_main(root: Path) -> dict[str, Path]:
    return {path: root / path for path in files(root)}


def _of_intake(root: Path) -> dict[str, Path]:
    top = {name: root / INTAKE_APP / name for name in INTAKE_TOP}
    found = (path for pattern in INTAKE_FILES for path in root.glob(pattern))
    return top | {path.relative_to(root).as_posix(): path for path in found}


def files(root: Path) -> Iterator[str]:
    """Yield the files of *root* that `.funcignore` lets through, read as git would read it."""
    ignored = GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())
    for name, folders, found in os.walk(root):
        here = Path(name).relative_to(root)
        # Nothing below an ignored folder can come back in, so there is no need to look.
        folders[:] = [one for one in folders if not ignored.match_file(f"{here / one}/")]
        for one in found:
            if not ignored.match_file(path := (here / one).as_posix()):
                yield path


def identify(entries: Mapping[str, Path]) -> str:
    """Return what *entries* are told apart by: other names or other bytes have another id."""
    digests = (f"{name} {_digest(entries[name])}" for name in sorted(entries))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _packages(lock: Path, root: Path) -> Path:
    """Install what is in *lock* for this Python, or find where in *root* that was done before.

    pip refuses what has another hash, and what is not in it.
    """
    wheels = platforms(HERE)
    wanted = lock.read_bytes() + f"{sys.version} {wheels}".encode()
    done = root / ".leadshare" / "packages" / hashlib.sha256(wanted).hexdigest()[:16]
    if done.exists():
        return done
    done.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=done.parent) as name:
        folder = Path(name) / "packages"
        folder.mkdir()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # Wheels only: nothing of theirs runs here, and what is compiled is known to fit.
        pip += ["--no-compile", "--only-binary", ":all:", "--target", str(folder)]
        pip += [word for wheel in wheels for word in ("--platform", wheel)]
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)  # noqa: S603 - our own arguments
        # Commands for a terminal, which name this machine's Python.
        shutil.rmtree(folder / "bin", ignore_errors=True)
        _compile(folder)
        folder.rename(done)
    return done


def _compile(folder: Path) -> None:
    """Compile what is in *folder*, without a word of where that is; imports mend the paths."""
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(
        folder, maxlevels=20, quiet=1, stripdir=str(folder), invalidation_mode=unchecked
    )


def _entries(folder: Path, prefix: str) -> dict[str, Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {(Path(prefix) / path.relative_to(folder)).as_posix(): path for path in found}


def _pack(target: Path, entries: Mapping[str, Path]) -> Package:
    """Write *entries* in order and without times, so that the same files give the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name in sorted(entries):
            entry = ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, entries[name].read_bytes(), ZIP_DEFLATED)
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    return Package(
        path=target,
        app=entries[APP].read_text(),
        files=len(sizes),
        packed=target.stat().st_size,
        unpacked=sum(sizes.values()),
        own=sum(size for name, size in sizes.items() if not name.startswith(PACKAGES)),
        python=entries[PYTHON].read_text(),
        build=entries[BUILD].read_text(),
        digest=_digest(target),
    )
