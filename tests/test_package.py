"""The package that CI deploys, built by the same function: what is in it, and that it works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from zipfile import ZipFile

import pytest

from leadshare.intake.build import BUILD, read_build
from leadshare.local.deploy import package, target
from tests.test_function_app import FUNCTIONS

LARGEST = {target.MAIN: 60e6, target.INTAKE: 2e6}
"""Bytes of package; a cold start fetches all of it."""

OURS = {
    target.MAIN: "from leadshare import app, settings; from leadshare.telemetry import exporters",
    target.INTAKE: "",
}
"""What is imported beside the functions, which import most of it on first use."""

# As the worker sets it up, with nothing else to be found: neither this project nor its .venv.
LOAD = f"""
import json, sys
sys.path[:0] = ["{package.PACKAGES}", "."]
import function_app
{{}}
functions = function_app.app.get_functions()
print(json.dumps([[one.get_function_name() for one in functions], [*sys.modules]]))
"""


@pytest.fixture(scope="module", name="built", params=[target.MAIN, target.INTAKE])
def _built(tmp_path_factory, request):
    """A package, built as CI builds it."""
    folder = tmp_path_factory.mktemp("package")
    return package.build(folder / "leadshare.zip", request.param)


@pytest.fixture(scope="module", name="folder")
def _folder(built, tmp_path_factory):
    """An empty folder into which the package was unpacked."""
    folder = tmp_path_factory.mktemp("wwwroot")
    with ZipFile(built.path) as archive:
        archive.extractall(folder)
    return folder


def load(folder, app):
    """Return what a fresh interpreter tells that has the unpacked package and nothing else."""
    command = [sys.executable, "-I", "-S", "-B", "-c", LOAD.format(OURS[app])]
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    assert not told.returncode, told.stderr
    return json.loads(told.stdout)


def required(archive):
    """Return the names that the package's requirements name, in lower case."""
    text = archive.read("requirements.txt").decode()
    return {line.partition("==")[0].lower() for line in text.splitlines() if line[0] != "#"}


def fits(told, tag):
    """Say whether a wheel's tag, as it was *told*, is for the Python with *tag*, of any system."""
    python, abi, _ = told.split("-")
    if abi == "abi3":
        return int(python[3:]) <= int(tag[3:])
    return (abi, python) in {(tag, tag), ("none", "py3"), ("none", tag)}


class TestBuilt:
    def test_functions(self, built, folder):
        """Its functions, and no others, load from the package alone."""
        functions, modules = load(folder, built.app)
        expected = {target.MAIN: {*FUNCTIONS}, target.INTAKE: {"take_touch", "health"}}

        assert sorted(expected[built.app]) == sorted(functions)
        assert [] == [name for name in modules if name.startswith(("leadshare.local", "tests"))]

    def test_compiled(self, built, folder):
        """It runs what was compiled with it, and spends no time on the source."""
        for name in ("function_app.py", f"{package.PACKAGES}/azure/functions/__init__.py"):
            (folder / name).write_text("raise RuntimeError('compiled again')\n")

        assert load(folder, built.app)

    def test_needed(self, built, folder):
        """Of ours intake's package has what its functions load, and nothing else."""
        _, modules = load(folder, built.app)
        loaded = {name for name in modules if name.partition(".")[0] == "leadshare"}
        paths = [
            path.relative_to(folder).with_suffix("") for path in folder.glob("leadshare/**/*.py")
        ]
        files = {".".join(path.parts).removesuffix(".__init__") for path in paths}

        assert loaded <= files
        assert built.app == target.MAIN or loaded == files  # main loads much on first use

    def test_pinned(self, built):
        """Nothing is in intake's package whose next version would be another build of it."""
        archive = ZipFile(built.path)
        infos = {name.split("/")[3] for name in archive.namelist() if ".dist-info/" in name}
        brought = {info.partition("-")[0].lower().replace("_", "-") for info in infos}

        assert required(archive) <= brought
        assert built.app == target.MAIN or required(archive) == brought

    def test_content(self, built):
        """Of ours it has the app and its configuration's place, nothing local and no tests."""
        names = ZipFile(built.path).namelist()
        ours = {name for name in names if not name.startswith(package.PACKAGES)}
        folders = {name.split("/")[1] for name in ours if name.count("/") > 1}

        told = {BUILD, target.APP, target.PYTHON}

        assert told | {"function_app.py", "host.json", "requirements.txt", package.LOCK} == {
            name for name in ours if "/" not in name
        }
        assert {"leadshare", "__pycache__"} == {name.split("/")[0] for name in ours if "/" in name}
        assert not {"local", "tests"} & folders

    def test_machine(self, built):
        """What is compiled for a processor is for the one that Azure has, and for its glibc."""
        archive = ZipFile(built.path)
        compiled = [archive.read(name) for name in archive.namelist() if name.endswith(".so")]
        glibc = {int(v) for one in compiled for v in re.findall(rb"GLIBC_2\.(\d+)", one)}

        assert {b"\x7fELF\x02\x01\x01\0"} == {one[:8] for one in compiled}
        assert {"Linux x86_64": {62}}[target.MACHINE] == {one[18] for one in compiled}
        assert 0 < max(glibc) <= target.GLIBC[built.python]

    def test_python(self, built):
        """It says which Python it is for, and all that is compiled is for that one."""
        archive = ZipFile(built.path)
        tag = f"cp{built.python.replace('.', '')}"
        names = archive.namelist()
        code = [name for name in names if name.endswith(".pyc")]
        wheels = [archive.read(name).decode() for name in names if name.endswith("info/WHEEL")]
        tags = [set(re.findall("^Tag: (.*)$", one, re.MULTILINE)) for one in wheels]

        assert package.HERE == built.python == archive.read(target.PYTHON).decode()
        assert f", for Python {built.python}, build " in str(built)
        assert {f".cpython-{tag[2:]}.pyc"} == {name[name.rindex(".cpython") :] for name in code}
        assert [] == [one for one in tags if not any(fits(each, tag) for each in one)]
        assert any(each.startswith(f"{tag}-{tag}-manylinux") for one in tags for each in one)

    def test_readable(self, built):
        """Whoever unpacks it, everybody may read it; names are in order, and it is compressed."""
        entries = ZipFile(built.path).infolist()
        names = [entry.filename for entry in entries]

        assert {0o644} == {entry.external_attr >> 16 for entry in entries}
        assert sorted(names) == names
        assert built.packed < built.unpacked / 2

    def test_worker_packages(self, built):
        """What the worker brings is left out, for ours would replace it."""
        names = ZipFile(built.path).namelist()

        assert [] == [
            name for name in names if name.startswith(f"{package.PACKAGES}/g") and "oogle/" in name
        ]
        assert [] == [name for name in names if name.startswith(f"{package.PACKAGES}/grpc")]

    def test_build(self, built, folder):
        """The app that was unpacked tells the build that was packed."""
        assert built.build == read_build(folder)
        assert f"build {built.build}" in str(built)

    def test_size(self, built, capsys, record_property):
        """Its size is told, and small enough for a cold start."""
        sizes = [entry.file_size for entry in ZipFile(built.path).infolist()]
        record_property("package", str(built))
        with capsys.disabled():
            print(f"\n{built}")  # noqa: T201 - the size is to be seen

        assert (len(sizes), sum(sizes)) == (built.files, built.unpacked)
        assert built.path.stat().st_size == built.packed < LARGEST[built.app]
        assert 0 < built.own < built.unpacked / 10
