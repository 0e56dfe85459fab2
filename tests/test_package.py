"""The package that CI deploys, built by the same function: what is in it, and that it works."""

from __future__ import annotations

import json
import re
import shutil
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


def project(folder):
    """Return a small project in *folder*, and its one file of code."""
    root = folder / "project"
    root.mkdir()
    (root / ".funcignore").write_text(".*\n")
    (root / "host.json").touch()
    (root / "requirements.txt").write_text(f"{wheel(folder, 'x = 1')}\n")
    source = root / "a.py"
    source.write_text("x = 1\n")
    return root, source


def wheel(folder, code):
    """Return the path of a wheel with *code* in a package inside a package, and a command."""
    info, path = "thing-1.0.dist-info", folder / "thing-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr("thing/__init__.py", "")
        archive.writestr("thing/deep/er/__init__.py", code)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\nthing = thing:x\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


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


class TestPackages:
    def test_installed(self, tmp_path):
        """
        What the app requires goes along, compiled, but none of its commands.
        """
        root, _ = project(tmp_path)
        archive = ZipFile(package.build(tmp_path / "a.zip", root).path)
        thing = f"{package.PACKAGES}/thing/deep/er"
        [compiled] = [n for n in archive.namelist() if n.startswith(f"{thing}/__pycache__/")]

        assert b"x = 1" == archive.read(f"{thing}/__init__.py")
        assert bytes([1, 0, 0, 0]) == archive.read(compiled)[4:8]  # not checked, whatever its time
        assert [] == [name for name in archive.namelist() if "/bin/" in name]

    def test_kept(self, tmp_path):
        """
        What was installed once for the same requirements is not fetched again.
        """
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root)
        (tmp_path / "thing-1.0-py3-none-any.whl").unlink()

        assert first == package.build(target, root)

    def test_others(self, tmp_path):
        """
        Where the same requirements bring other files, that is another build.
        """
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root).build
        shutil.rmtree(root / ".leadshare")
        wheel(tmp_path, "x = 2\n")

        assert first != package.build(target, root).build

    def test_missing(self, tmp_path):
        """
        Where a requirement cannot be had, nothing is built.
        """
        root, _ = project(tmp_path)
        (tmp_path / "thing-1.0-py3-none-any.whl").unlink()

        with pytest.raises(subprocess.CalledProcessError):
            package.build(tmp_path / "a.zip", root)
        assert not (tmp_path / "a.zip").exists()


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
        lines += ["/shut/", "!/shut/open"]
        names = ["top", "a/top", "folder/again", "a/folder/b", "one.log", "kept.log", "deep/a/b/x"]
        names += ["deep/y", "a/folder.txt", "shut/open"]
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
        target, (root, source) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root)
        source.write_text("x = 1\n")

        assert first == package.build(target, root)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda root: (root / "a.py").write_text("x = 2\n"), id="bytes"),
            pytest.param(lambda root: (root / "host.json").rename(root / "b.json"), id="name"),
        ],
    )
    def test_other_build(self, tmp_path, change):
        """
        Another file, or one of another name, is another build.
        """
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root).build
        change(root)

        assert first != package.build(target, root).build
