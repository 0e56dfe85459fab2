"""The package that CI deploys, built by the same function: what is in it, and that it works."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from leadshare.local.deploy import package
from tests.test_function_app import FUNCTIONS

ROOT = Path(__file__).parents[1]
LARGEST = 60e6
"""Bytes of package; a cold start fetches all of it."""

# As the worker sets it up, with nothing else to be found: neither this project nor its .venv.
LOAD = f"""
import json, sys
sys.path[:0] = ["{package.PACKAGES}", "."]
import function_app
from leadshare import exporters, wiring
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

        assert {"function_app.py", "host.json", "requirements.txt"} == {
            name for name in ours if "/" not in name
        }
        assert {"leadshare", "__pycache__"} == {name.split("/")[0] for name in ours if "/" in name}
        assert not {"local", "tests"} & folders

    def test_worker_packages(self, built):
        """
        What the worker brings is left out, for ours would replace it.
        """
        names = ZipFile(built.path).namelist()

        assert [] == [
            name for name in names if name.startswith(f"{package.PACKAGES}/g") and "oogle/" in name
        ]
        assert [] == [name for name in names if name.startswith(f"{package.PACKAGES}/grpc")]

    def test_size(self, built, capsys, record_property):
        """
        Its size is told, and small enough for a cold start.
        """
        record_property("package", str(built))
        with capsys.disabled():
            print(f"\n{built}")  # noqa: T201 - the size is to be seen

        assert built.packed < LARGEST


class TestFiles:
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("local.settings.json", id="local-secrets"),
            pytest.param(".env", id="environment"),
            pytest.param(".venv/lib/site.py", id="venv"),
            pytest.param("leadshare/local/show.py", id="local-room"),
            pytest.param("tests/test_table.py", id="tests"),
            pytest.param("infra/main.bicep", id="infrastructure"),
            pytest.param("leadshare/__pycache__/table.cpython-311.pyc", id="compiled-here"),
        ],
    )
    def test_ignored(self, tmp_path, name):
        """
        What is not for Azure stays here; the publisher's own configuration goes along.
        """
        (tmp_path / ".funcignore").write_bytes((ROOT / ".funcignore").read_bytes())
        for path in (name, "leadshare.toml", "leadshare/table.py"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()

        assert ["leadshare.toml", "leadshare/table.py"] == sorted(package.files(tmp_path))

    def test_as_git(self, tmp_path):
        """
        The list is read as git reads one: anchors, folders, and what is let in again.
        """
        lines = ["/top", "folder/", "*.log", "!kept.log", "deep/**/x", "folder/again", "# no"]
        names = ["top", "a/top", "folder/again", "a/folder/b", "one.log", "kept.log", "deep/a/b/x"]
        names += ["deep/y", "a/folder.txt"]
        for path in names:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        (tmp_path / ".funcignore").write_text("\n".join([*lines, ".git", ".*ignore"]))
        (tmp_path / ".gitignore").write_text("\n".join([*lines, ".*ignore"]))
        for words in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *words], cwd=tmp_path, check=True)  # noqa: S603, S607 - our own arguments
        git = subprocess.check_output(["git", "ls-files"], cwd=tmp_path, text=True)  # noqa: S607 - whichever git there is

        assert git.splitlines() == sorted(package.files(tmp_path))
        assert "a/top" in git

    def test_same_bytes(self, tmp_path):
        """
        The same files give the same package, whenever they are packed.
        """
        (tmp_path / ".funcignore").touch()
        (tmp_path / "requirements.txt").touch()
        source = tmp_path / "one.py"
        source.write_text("x = 1\n")
        target = tmp_path.with_suffix(".zip")
        first = package.build(target, tmp_path).digest
        source.write_text("x = 1\n")

        assert first == package.build(target, tmp_path).digest
