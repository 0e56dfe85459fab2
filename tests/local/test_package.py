"""Building the package of a small project: what goes in, what stays here, which build it is."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from leadshare.local.deploy import package
from leadshare.local.deploy.target import INTAKE

ROOT = Path(__file__).parents[2]


def project(folder):
    """Return a small project in *folder*, and its one file of code."""
    root = folder / "project"
    root.mkdir()
    (root / ".funcignore").write_text(".*\n")
    (root / "host.json").touch()
    (root / package.LOCK).write_text(locked(wheel(folder, "x = 1")))
    source = root / "a.py"
    source.write_text("x = 1\n")
    return root, source


def locked(path):
    """Return the line of a lock for the wheel at *path*."""
    return f"{path} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


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


class TestPackages:
    def test_installed(self, tmp_path):
        """What the app requires goes along, compiled, but none of its commands."""
        root, _ = project(tmp_path)
        archive = ZipFile(package.build(tmp_path / "a.zip", root=root).path)
        thing = f"{package.PACKAGES}/thing/deep/er"
        [compiled] = [n for n in archive.namelist() if n.startswith(f"{thing}/__pycache__/")]

        assert b"x = 1" == archive.read(f"{thing}/__init__.py")
        assert bytes([1, 0, 0, 0]) == archive.read(compiled)[4:8]  # not checked, whatever its time
        assert [] == [name for name in archive.namelist() if "/bin/" in name]

    def test_kept(self, tmp_path):
        """What was installed once for the same requirements is not fetched again."""
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root=root)
        (tmp_path / "thing-1.0-py3-none-any.whl").unlink()

        assert first == package.build(target, root=root)

    def test_others(self, tmp_path):
        """Where what is locked would be another file, or none is locked, nothing is built."""
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        path = wheel(tmp_path, "x = 2\n")

        with pytest.raises(subprocess.CalledProcessError):
            package.build(target, root=root)
        (root / package.LOCK).write_text(f"{path}\n")
        with pytest.raises(subprocess.CalledProcessError):
            package.build(target, root=root)
        (root / package.LOCK).write_text(locked(path))
        assert package.build(target, root=root).build

    def test_missing(self, tmp_path):
        """Where a requirement cannot be had, nothing is built."""
        root, _ = project(tmp_path)
        (tmp_path / "thing-1.0-py3-none-any.whl").unlink()

        with pytest.raises(subprocess.CalledProcessError):
            package.build(tmp_path / "a.zip", root=root)
        assert not (tmp_path / "a.zip").exists()


class TestFiles:
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("local.settings.json", id="local-secrets"),
            pytest.param(".env", id="environment"),
            pytest.param(".venv/lib/site.py", id="venv"),
            pytest.param("leadshare/local/show.py", id="local-room"),
            pytest.param("leadshare/intake/app/host.json", id="other-app"),
            pytest.param("tests/azure/test_table.py", id="tests"),
            pytest.param("infra/main.bicep", id="infrastructure"),
            pytest.param("leadshare/__pycache__/table.cpython-311.pyc", id="compiled-here"),
        ],
    )
    def test_ignored(self, tmp_path, name):
        """What is not for Azure stays here; the publisher's own configuration goes along."""
        (tmp_path / ".funcignore").write_bytes((ROOT / ".funcignore").read_bytes())
        for path in (name, "leadshare.toml", "leadshare/azure/table.py"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()

        assert ["leadshare.toml", "leadshare/azure/table.py"] == sorted(package.files(tmp_path))

    def test_as_git(self, tmp_path):
        """The list is read as git reads one: anchors, folders, and what is let in again."""
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
        """The same files give the same package, whenever they are packed."""
        target, (root, source) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root=root)
        source.write_text("x = 1\n")

        assert first == package.build(target, root=root)

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda root: (root / "a.py").write_text("x = 2\n"), id="bytes"),
            pytest.param(lambda root: (root / "host.json").rename(root / "b.json"), id="name"),
        ],
    )
    def test_other_build(self, tmp_path, change):
        """Another file, or one of another name, is another build."""
        target, (root, _) = tmp_path / "a.zip", project(tmp_path)
        first = package.build(target, root=root).build
        change(root)

        assert first != package.build(target, root=root).build


@pytest.fixture(name="both")
def _both(tmp_path):
    """A copy of this project whose intake requires one small package."""
    root = tmp_path / "project"
    for name in ("leadshare", "infra", "docs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".funcignore", "function_app.py", "host.json", "requirements.txt", package.LOCK):
        shutil.copyfile(ROOT / name, root / name)
    (root / package.INTAKE_APP / package.LOCK).write_text(locked(wheel(tmp_path, "x = 1")))
    return root


class TestIntake:
    def test_main_changes(self, both, tmp_path):
        """Whatever changes in files that only the main app has, intake's package stays the same."""
        target = tmp_path / "intake.zip"
        first = package.build(target, INTAKE, both)
        of_intake = {both / package.INTAKE_APP / name for name in package.INTAKE_TOP}
        of_intake |= {path for one in package.INTAKE_FILES for path in both.glob(one)}
        others = {path for path in both.rglob("*") if path.is_file()} - of_intake
        for path in (path for path in others if ".leadshare" not in path.parts):
            path.write_bytes(path.read_bytes() + b"\n# changed\n")
        (both / "leadshare" / "another.py").write_text("raise RuntimeError\n")

        assert both / "leadshare" / "settings.py" in others
        assert first == package.build(target, INTAKE, both)

    @pytest.mark.parametrize(
        "name",
        [
            *(f"{package.INTAKE_APP}/{name}" for name in package.INTAKE_TOP),
            *("leadshare/errors.py", "leadshare/intake/post.py", "leadshare/intake/another.py"),
        ],
    )
    def test_other_build(self, both, tmp_path, name):
        """Whatever changes in a file that intake has is another build of it."""
        target = tmp_path / "intake.zip"
        first = package.build(target, INTAKE, both).build
        with (both / name).open("a") as file:
            file.write("\n# changed\n")

        assert first != package.build(target, INTAKE, both).build
