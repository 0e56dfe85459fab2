"""All that is required can be had, as wheels, on every Python that leadshare runs on.

From any of them: pip would judge markers by the Python that it runs on, so they are judged here
for the one that is asked about; uv judges them itself, but passes over upper bounds of
`Requires-Python`. So pip is asked for what is named, and uv for all that this needs in turn.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from leadshare.local.__main__ import LOCK, LOCKED
from leadshare.local.deploy import package
from leadshare.local.deploy.target import GLIBC, platforms
from leadshare.local.environment import ROOT, TEST
from tests.pythons import PYTHONS

CANNOT = [
    pytest.param("3.13", "azure-functions==1.26.0", "azure-functions", id="python-too-new"),
    pytest.param("3.11", "azure-functions==2.3.0", "azure-functions", id="python-too-old"),
    pytest.param("3.14", "pydantic-core==2.20.0", "pydantic-core", id="no-wheel"),
]

AT_ONCE = 6

INTAKE = [ROOT / package.INTAKE_APP / "requirements.txt"]


def named(python: str, paths: Sequence[Path] = TEST) -> list[str]:
    """Return what the project names, of that what holds on *python*, without markers."""
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    azure = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    held = [one for one in wanted if one.marker is None or one.marker.evaluate(azure)]
    return [f"{one.name}{one.specifier}" for one in held]


def pip(python: str, requirements: list[str], folder: object) -> str:
    """Return what keeps pip from having *requirements* for *python*; nothing if it can.

    It would also hold `Requires-Python` against the Python that it runs on, so that is judged here.
    """
    words = ["install", "--dry-run", "--report", "-", "--no-deps", "--ignore-installed", "--quiet"]
    words += ["--ignore-requires-python", "--disable-pip-version-check", "--target", str(folder)]
    words += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    words += [word for tag in platforms(python) for word in ("--platform", tag)]
    done = run("pip", [*words, *requirements], "")
    if done.returncode:
        return done.stderr
    found = [one["metadata"] for one in json.loads(done.stdout)["install"]]
    assert len(found) == len(requirements)
    return "".join(
        f"{one['name']} {one['version']} is for Python {one['requires_python']}\n"
        for one in found
        if f"{python}.99" not in SpecifierSet(one.get("requires_python", ""))
    )


def uv(python: str, requirements: list[str]) -> str:
    """Return what uv says where *requirements*, with all that they need, do not fit *python*."""
    words = ["pip", "compile", "--quiet", "--only-binary", ":all:", "--python-version", python]
    words += ["--python-platform", f"x86_64-manylinux_2_{GLIBC[python]}", "-"]
    done = run("uv", words, "\n".join(requirements))
    return done.stderr if done.returncode else ""


def run(module: str, words: list[str], given: str) -> subprocess.CompletedProcess[str]:
    """Run a *module* with *words* and what is *given* to it."""
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments


@pytest.fixture(scope="module", name="asked")
def _asked(tmp_path_factory):
    """What keeps each Python from its requirements, asked for at once: it is waiting, mostly."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        deep = pool.submit(uv, "3.14", ["pydantic==2.8.2"])
        yield {"refused": deep} | {
            (what, python): answer
            for python in PYTHONS
            for what, answer in {
                "named": pool.submit(pip, python, named(python), tmp_path_factory.mktemp("pip")),
                "all": pool.submit(uv, python, named(python)),
                "intake": pool.submit(uv, python, named(python, INTAKE)),
            }.items()
        }


def pins(lock: str) -> set[str]:
    """Return what a lock pins, without hashes."""
    lines = [line.removesuffix("\\").strip() for line in lock.splitlines()]
    return {line for line in lines if line and not line.startswith("--hash=")}


@pytest.mark.parametrize("folder", LOCKED)
class TestLock:
    def test_hashes(self, folder):
        """Each package that is deployed is pinned to a version and to files by their hashes; from
        where they come, no lock says.
        """
        text = (ROOT / folder / package.LOCK).read_text("utf-8")
        entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
        entry = re.compile(
            r"[a-z0-9-]+==[\w.]+( ; [\w .'<>=!]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
        )

        assert entries
        assert [] == [one for one in entries if not entry.fullmatch(one)]

    def test_current(self, folder, tmp_path):
        """It is what `make lock` makes of the requirements beside it."""
        path = ROOT / folder / package.LOCK
        [step] = [one for one in LOCK if f"{folder}{package.LOCK}" in one]
        copy = tmp_path / package.LOCK
        copy.write_bytes(path.read_bytes())
        words = [str(copy) if one == f"{folder}{package.LOCK}" else one for one in step[1:-1]]
        done = run("uv", [*words, str(ROOT / step[-1])], "")

        assert not done.returncode, done.stderr
        assert pins(path.read_text("utf-8")) == pins(copy.read_text("utf-8")), "type: make lock"

    @pytest.mark.parametrize("python", PYTHONS)
    def test_named(self, folder, python):
        """What requirements.txt names is in it, at that version."""
        locked = {
            line.partition(" ;")[0] for line in pins((ROOT / folder / package.LOCK).read_text())
        }

        assert {*map(str.lower, named(python, [ROOT / folder / "requirements.txt"]))} <= locked


class TestRequirements:
    @pytest.mark.parametrize("python", PYTHONS)
    def test_named(self, asked, python):
        """Each requirement that is named has a wheel that is for that Python."""
        assert "" == asked["named", python].result()

    @pytest.mark.parametrize("python", PYTHONS)
    def test_all(self, asked, python):
        """All of them together, with what they need in turn, can be had as wheels."""
        assert "" == asked["all", python].result()

    @pytest.mark.parametrize("python", PYTHONS)
    def test_intake(self, asked, python):
        """So can those of the intake app, each of which is pinned."""
        requirements = named(python, INTAKE)

        assert "" == asked["intake", python].result()
        assert [] == [one for one in requirements if one.count("==") != 1]

    @pytest.mark.parametrize("python", PYTHONS)
    def test_once(self, python):
        """No Python is left without a requirement that others have, and none has it twice."""
        names = [Requirement(one).name for one in named(python)]

        assert len(names) == len({*names})
        assert {*names} == {Requirement(one).name for one in named(PYTHONS[0])}

    @pytest.mark.parametrize("python", PYTHONS)
    def test_pinned(self, python):
        """Each is pinned to one version."""
        assert [] == [one for one in named(python) if one.count("==") != 1]

    @pytest.mark.parametrize(("python", "requirement", "name"), CANNOT)
    def test_refused(self, tmp_path, python, requirement, name):
        """pip does refuse what is for other Pythons or has no wheel, and names it."""
        assert name in pip(python, [requirement], tmp_path)

    def test_refused_deep(self, asked):
        """uv does refuse a requirement that needs something without a wheel, and names that."""
        assert "pydantic-core" in asked["refused"].result()
