"""The Python that leadshare runs on, and the virtual environment that it makes for itself."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import venv as venvs
from functools import partial
from pathlib import Path

import pytest
import yaml

import leadshare
from leadshare.local import environment
from tests.infra.deployment import MAIN
from tests.pythons import PYTHONS, as_text

ROOT = Path(__file__).parents[2]
ENTRIES = [
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__main__")
    for path in sorted((ROOT / "leadshare").rglob("*.py"))
    if '\nif __name__ == "__main__":\n' in path.read_text("utf-8")
]
"""Every module that can be run."""
BARE = Path(sys.base_prefix) / "bin" / f"python{as_text(sys.version_info)}"
"""The Python that the environment was made with; `-S` hides its own packages, too."""


def run(module, version):
    """Run *module* on a Python that says that it is *version*; return its exit code and words."""
    code = f"import runpy, sys; sys.version_info = {version}\n"
    code += f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    return done.returncode, done.stdout + done.stderr


class TestVersion:
    @pytest.mark.parametrize("module", ENTRIES)
    @pytest.mark.parametrize("version", [(3, 10, 13), (3, 15, 0)], ids=str)
    def test_refused(self, module, version):
        """A Python that is too old or too new is told so in one line, whatever is run on it."""
        bounds = f"Python {as_text(leadshare.OLDEST)} to {as_text(leadshare.NEWEST)}"
        told = f"leadshare needs {bounds}; this is {as_text(version)}; try PYTHON=python3.13\n"

        assert (1, told) == run(module, version)

    @pytest.mark.parametrize("version", [leadshare.OLDEST, leadshare.NEWEST], ids=str)
    def test_taken(self, version):
        """The oldest and the newest are taken, in whichever of their releases."""
        code, told = run("leadshare.local", (*version, 99))

        assert 2 == code
        assert "leadshare needs" not in told

    def test_entries(self):
        """Those that people are told to run are among them."""
        assert {"leadshare", "leadshare.local", "leadshare.local.deploy"} <= {*ENTRIES}

    def test_parses(self):
        """What tells it can be read by old Pythons."""
        ast.parse((ROOT / "leadshare" / "__init__.py").read_text("utf-8"), feature_version=(3, 7))

    def test_one_range(self):
        """The same Pythons stand wherever they are named: metadata, types, infrastructure, pages,
        CI.
        """
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
        ci = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
        first, last = PYTHONS[0], PYTHONS[-1]
        after = as_text((leadshare.NEWEST[0], leadshare.NEWEST[1] + 1))

        assert f">={first},<{after}" == project["project"]["requires-python"]
        assert first == project["tool"]["mypy"]["python_version"]
        assert "py" + first.replace(".", "") == project["tool"]["ruff"]["target-version"]
        assert PYTHONS == ci["jobs"]["test"]["strategy"]["matrix"]["python"]
        assert str(PYTHONS) == MAIN.one("pythonVersion", "parameter").decorators["allowed"]
        for page in ("Makefile", "README.md"):
            assert f"Python {first} to {last}" in (ROOT / page).read_text("utf-8")


def place(patch, folder):
    """Have the environment in *folder*."""
    patch.setattr(environment, "VENV", folder)
    patch.setattr(environment, "PYTHON", folder / "bin" / "python")
    patch.setattr(environment, "LAUNCHER", folder / "bin" / "leadshare")


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory):
    """An environment that was made for no requirements, which takes seconds."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "requirements.txt").touch()
    with pytest.MonkeyPatch.context() as patch:
        place(patch, folder / ".venv")
        environment.prepare([folder / "requirements.txt"])
    return folder


class TestPrepare:
    @pytest.fixture(name="venv")
    def _venv(self, made, tmp_path, monkeypatch):
        """An environment as it was a moment after it was made."""
        folder = tmp_path / "with a space"
        shutil.copytree(made, folder, symlinks=True)
        shutil.copy(made / "requirements.txt", tmp_path)
        place(monkeypatch, folder / ".venv")
        environment.prepare([tmp_path / "requirements.txt"])
        return folder / ".venv"

    def test_again(self, venv, tmp_path, capsys):
        """What holds everything already is left as it is."""
        capsys.readouterr()
        environment.prepare([tmp_path / "requirements.txt"])

        assert "" == capsys.readouterr().out
        assert (venv / "bin" / "pip").exists()

    def test_other_python(self, venv, tmp_path, capsys):
        """What another Python made is made anew, and nothing of it is left."""
        config = venv / "pyvenv.cfg"
        config.write_text(re.sub(r"version = .*", "version = 3.10.2", config.read_text()))
        (venv / "of-another").touch()
        environment.prepare([tmp_path / "requirements.txt"])

        assert f"for Python {as_text(sys.version_info)} in .venv" in capsys.readouterr().out
        assert not (venv / "of-another").exists()
        assert f"version = {as_text(sys.version_info)}." in config.read_text()

    def test_broken_off(self, venv, tmp_path, capsys):
        """What was left before it held pip is made anew."""
        (venv / "bin" / "pip").unlink()
        environment.prepare([tmp_path / "requirements.txt"])

        assert "Making a virtual environment" in capsys.readouterr().out
        assert (venv / "bin" / "pip").exists()

    def test_launcher(self, venv, tmp_path):
        """`leadshare` is there, and finds the project from another folder, and its own Python."""
        command = [venv / "bin" / "leadshare", "check", "a b.toml"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own

        # This Python is bare.
        assert (1, "") == (done.returncode, done.stdout)
        assert re.fullmatch(
            r"leadshare needs \w+, which this Python has not; type: .+\n", done.stderr
        )
        assert done.stderr.endswith("bin/leadshare check 'a b.toml'\n")

    def test_launcher_again(self, venv, tmp_path):
        """One that is missing or old is written, though nothing is to be installed."""
        launcher = venv / "bin" / "leadshare"
        right = launcher.read_text()
        for change in (launcher.unlink, partial(launcher.write_text, "old")):
            change()
            environment.prepare([tmp_path / "requirements.txt"])
            assert right == launcher.read_text()

    def test_windows(self, venv, monkeypatch):
        """On Windows a command beside it starts it, by its own Python."""
        monkeypatch.setattr(environment, "WINDOWS", True)
        environment._launch()  # noqa: SLF001 - what Windows gets

        assert (
            '@"%~dp0python.exe" "%~dp0leadshare" %*\n' == (venv / "bin/leadshare.cmd").read_text()
        )

    @pytest.mark.usefixtures("venv")
    def test_no_pip(self, tmp_path, monkeypatch):
        """A Python that cannot make one, such as Debian's alone, is told so in one line."""

        def create(*_: object, **__: object) -> None:
            raise subprocess.CalledProcessError(1, "ensurepip")

        monkeypatch.setattr(environment, "_maker", lambda: "")
        monkeypatch.setattr(venvs, "create", create)
        with pytest.raises(RuntimeError, match=r"needs the package python3-venv$"):
            environment.prepare([tmp_path / "requirements.txt"])


class TestInside:
    @pytest.mark.parametrize(
        ("module", "words"),
        [
            pytest.param("leadshare", ["check", "a b.toml"], id="check"),
            pytest.param("leadshare", ["listings", "audit"], id="listings"),
            pytest.param("leadshare.local.deploy", ["package", "a.zip"], id="package"),
            pytest.param("leadshare.local.host", ["--port", "0"], id="host"),
        ],
    )
    def test_outside(self, module, words):
        """The system's Python, without our packages, is told in one line what to type."""
        command = [BARE, "-S", "-m", module, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments

        assert 1 == done.returncode
        typed = ".venv/bin/leadshare" if module == "leadshare" else f".venv/bin/python -m {module}"
        [line] = done.stderr.splitlines()
        assert re.match(r"leadshare needs \w+, which this Python has not; type: ", line)
        assert line.endswith(f"{typed} {shlex.join(words)}")

    def missing(self, name="pathspec"):
        """Import what is not there; return what is said."""
        with pytest.raises(SystemExit) as told, environment.inside("leadshare"):
            raise ModuleNotFoundError(name=name)
        return str(told.value)

    def test_none_yet(self, tmp_path, monkeypatch):
        """Where there is no environment, one is told what makes it."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["leadshare", "check"])
        for name in ("VENV", "PYTHON", "LAUNCHER"):
            monkeypatch.setattr(environment, name, tmp_path / name.lower())

        assert self.missing().endswith("make run, which makes .venv; then launcher check")

    def test_behind(self, monkeypatch):
        """In an environment that lacks what was added since, one is told what installs it."""
        monkeypatch.setattr(environment, "VENV", Path(sys.prefix))

        assert self.missing().endswith("type: make run, which installs what was added")

    def test_ours(self):
        """What we lack ourselves is a fault, and stays one."""
        with pytest.raises(ModuleNotFoundError), environment.inside("leadshare"):
            raise ModuleNotFoundError(name="leadshare.nowhere")
