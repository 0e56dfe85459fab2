"""The package that CI deploys, built by the same function: what is in it, and that it works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from leadshare import settings
from leadshare.local.deploy import package, release
from tests.test_function_app import FUNCTIONS

ROOT = Path(__file__).parents[1]
LARGEST = 60e6
"""Bytes of package; a cold start fetches all of it."""

# As the worker sets it up, with nothing else to be found: neither this project nor its .venv.
LOAD = f"""
import json, sys
sys.path[:0] = ["{package.PACKAGES}", "."]
import function_app
from leadshare import exporters, settings, wiring
print(json.dumps({{
    "functions": [one.get_function_name() for one in function_app.app.get_functions()],
    "modules": [name for name in sys.modules if name.startswith(("leadshare.local", "tests"))],
}}))
"""


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory):
    """The package, built as CI builds it."""
    return package.build(tmp_path_factory.mktemp("package") / "leadshare.zip")


@pytest.fixture(scope="module", name="folder")
def _folder(built, tmp_path_factory):
    """An empty folder into which the package was unpacked."""
    folder = tmp_path_factory.mktemp("wwwroot")
    with ZipFile(built.path) as archive:
        archive.extractall(folder)
    return folder


def load(folder):
    """Return what a fresh interpreter tells that has the unpacked package and nothing else."""
    command = [sys.executable, "-I", "-S", "-B", "-c", LOAD]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    assert not told.returncode, told.stderr
    return json.loads(told.stdout)


class TestBuilt:
    def test_functions(self, folder):
        """
        All functions load from the package alone.
        """
        loaded = load(folder)

        assert sorted(FUNCTIONS) == sorted(loaded["functions"])
        assert [] == loaded["modules"]

    def test_compiled(self, folder):
        """
        It runs what was compiled with it, and spends no time on the source.
        """
        for name in ("function_app.py", f"{package.PACKAGES}/httpx/__init__.py"):
            (folder / name).write_text("raise RuntimeError('compiled again')\n")

        assert load(folder)["functions"]

    def test_content(self, built):
        """
        Of ours it has the app and its configuration's place, nothing local and no tests.
        """
        names = ZipFile(built.path).namelist()
        ours = {name for name in names if not name.startswith(package.PACKAGES)}
        folders = {name.split("/")[1] for name in ours if name.count("/") > 1}

        assert {release.BUILD, "function_app.py", "host.json", "requirements.txt"} == {
            name for name in ours if "/" not in name
        }
        assert {"leadshare", "__pycache__"} == {name.split("/")[0] for name in ours if "/" in name}
        assert not {"local", "tests"} & folders

    def test_machine(self, built):
        """
        What is compiled for a processor is for the one that Azure has, and for its glibc, 2.31.
        """
        archive = ZipFile(built.path)
        compiled = [archive.read(name) for name in archive.namelist() if name.endswith(".so")]
        glibc = {int(v) for one in compiled for v in re.findall(rb"GLIBC_2\.(\d+)", one)}

        assert {b"\x7fELF\x02\x01\x01\0"} == {one[:8] for one in compiled}
        assert {"Linux x86_64": {62}}[package.MACHINE] == {one[18] for one in compiled}
        assert max(glibc) <= 31

    def test_readable(self, built):
        """
        Whoever unpacks it, everybody may read it; names are in order, and it is compressed.
        """
        entries = ZipFile(built.path).infolist()
        names = [entry.filename for entry in entries]

        assert {0o644} == {entry.external_attr >> 16 for entry in entries}
        assert sorted(names) == names
        assert built.packed < built.unpacked / 2

    def test_worker_packages(self, built):
        """
        What the worker brings is left out, for ours would replace it.
        """
        names = ZipFile(built.path).namelist()

        assert [] == [
            name for name in names if name.startswith(f"{package.PACKAGES}/g") and "oogle/" in name
        ]
        assert [] == [name for name in names if name.startswith(f"{package.PACKAGES}/grpc")]

    def test_build(self, built, folder):
        """
        The app that was unpacked tells the build that was packed.
        """
        assert built.build == settings.read_build(folder)
        assert f"build {built.build}" in str(built)

    def test_size(self, built, capsys, record_property):
        """
        Its size is told, and small enough for a cold start.
        """
        sizes = [entry.file_size for entry in ZipFile(built.path).infolist()]
        record_property("package", str(built))
        with capsys.disabled():
            print(f"\n{built}")  # noqa: T201 - the size is to be seen

        assert (len(sizes), sum(sizes)) == (built.files, built.unpacked)
        assert built.path.stat().st_size == built.packed < LARGEST
        assert 0 < built.own < built.unpacked / 10
