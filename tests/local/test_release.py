"""Releasing a package with the Azure CLI, which is played by a script of ours."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from leadshare.local.deploy import __main__ as command_line
from leadshare.local.deploy import package, release

ROOT = Path(__file__).parents[2]
APP = {"name": "leadshare-a1", "tags": {"azd-service-name": "app"}}
GROUP = "--resource-group our-group"
OTHER = {"name": "another", "tags": None}
AZ = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
with (here / "calls").open("a") as out:
    print(json.dumps(words), file=out)
answers = json.loads((here / "answers").read_text())
answer = next(found for start, found in answers.items() if " ".join(words).startswith(start))
sys.exit("no such thing") if answer == "fail" else answer is None or print(json.dumps(answer))
"""


class Az:
    """What az is to answer, by how the command begins, and what it was asked."""

    def __init__(self, folder):
        self.folder = folder
        self.answers = {
            "resource list": [OTHER, APP],
            "functionapp deployment": None,
            "resource show": {"properties": {"defaultHostName": "leadshare-a1.example"}},
            "functionapp keys": {"functionKeys": {"default": "a key"}, "masterKey": "never"},
        }
        script = folder / "az"
        script.write_text(AZ.format(python=sys.executable))
        script.chmod(0o755)

    def release(self):
        """Release a package; the answer is what the smoke test was given."""
        (self.folder / "answers").write_text(json.dumps(self.answers))
        target = self.folder / "leadshare.zip"
        with ZipFile(target, "w") as archive:
            archive.writestr(release.BUILD, "a-build")
        return release.release(target, "our-group", lambda *told: " ".join(told))

    @property
    def calls(self):
        """The commands, each as one text."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [" ".join(json.loads(line)) for line in lines]


@pytest.fixture(name="az")
def _az(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return Az(tmp_path)


class TestRelease:
    def test_proven(self, az):
        """
        The prebuilt package goes to the tagged app, whose host key then proves that it runs there.
        """
        told = az.release()

        assert "https://leadshare-a1.example a key a-build" == told
        app, kind = f"{GROUP} --name leadshare-a1", "--resource-type Microsoft.Web/sites"
        put = f"functionapp deployment source config-zip --src {az.folder}/leadshare.zip {app}"
        calls = [f"resource list {GROUP} {kind}", f"{put} --build-remote false --timeout 600"]
        calls += [f"resource show {app} {kind}", f"functionapp keys list {app}"]
        assert [f"{call} --output json --only-show-errors" for call in calls] == az.calls

    @pytest.mark.parametrize(
        "found", [pytest.param([OTHER], id="none"), pytest.param([APP, APP], id="two")]
    )
    def test_which(self, az, found):
        """
        Where it is not plain which app is meant, nothing is deployed.
        """
        az.answers["resource list"] = found

        with pytest.raises(release.ReleaseFailed, match="expected one app tagged"):
            az.release()

        assert 1 == len(az.calls)

    def test_refused(self, az, capfd):
        """
        A deployment that Azure refuses is a failure, az says why, and nothing is proven after it.
        """
        az.answers["functionapp deployment"] = "fail"

        with pytest.raises(release.ReleaseFailed, match="source config-zip failed; it says why"):
            az.release()

        assert "no such thing" in capfd.readouterr().err
        assert 2 == len(az.calls)

    def test_no_package(self, tmp_path):
        """
        A package that is not there is told of before Azure is asked anything.
        """
        with pytest.raises(release.ReleaseFailed, match="no such package"):
            release.release(tmp_path / "none.zip", "our-group")

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"no zip", id="no-zip"),
            pytest.param(b"PK\5\6" + bytes(18), id="not-ours"),
        ],
    )
    def test_other_package(self, az, content):
        """
        What tells no build could not be seen to run: it is refused before Azure is asked anything.
        """
        target = az.folder / "other.zip"
        target.write_bytes(content)

        with pytest.raises(release.ReleaseFailed, match=r"expected a package with a build\.txt"):
            release.release(target, "our-group")
        assert not (az.folder / "calls").exists()

    def test_no_az(self, az):
        """
        A machine without the Azure CLI is told so.
        """
        (az.folder / "az").unlink()

        with pytest.raises(release.ReleaseFailed, match="not installed"):
            az.release()


class TestCommandLine:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("MACHINE", "Elsewhere arm64", id="machine"),
            pytest.param("PYTHON", "3.1", id="python"),
        ],
    )
    def test_wrong_machine(self, tmp_path, monkeypatch, capsys, name, value):
        """
        A package that could not run in Azure is not built.
        """
        monkeypatch.setattr(package, name, value)
        target = tmp_path / "leadshare.zip"

        assert 1 == command_line.main(["package", str(target)])
        assert (
            f"Build it on {package.MACHINE} with Python {package.PYTHON}" in capsys.readouterr().out
        )
        assert not target.exists()

    def test_package(self, tmp_path, monkeypatch, capsys):
        """
        What was built is told, for the summary of a run.
        """
        monkeypatch.setattr(package, "MACHINE", f"{platform.system()} {platform.machine()}")
        monkeypatch.setattr(package, "PYTHON", ".".join(platform.python_version_tuple()[:2]))
        monkeypatch.setattr(package, "build", lambda target: f"built {target.name}")

        assert 0 == command_line.main(["package", str(tmp_path / "leadshare.zip")])
        assert "built leadshare.zip\n" == capsys.readouterr().out

    def test_release(self, az, capsys):
        """
        A release that fails says why, and ends with exit code 1.
        """
        az.answers["resource list"] = []
        with pytest.raises(release.ReleaseFailed):
            az.release()

        assert 1 == command_line.main(["release", f"{az.folder}/leadshare.zip", *GROUP.split()])
        assert "our-group: expected one app tagged" in capsys.readouterr().out

    def test_smoke_fails(self, monkeypatch, capsys):
        """
        A smoke test that fails says why, without the key, and ends with exit code 1.
        """
        monkeypatch.setenv(command_line.KEY, "the-host-key")

        assert 1 == command_line.main(["smoke", "http://leadshare.example"])
        told = capsys.readouterr().out
        assert "https://" in told
        assert "the-host-key" not in told

    def test_bare_python(self):
        """
        Releasing needs nothing but Python itself, as on a runner of CI.
        """
        words = ["release", "none.zip", "--resource-group", "our-group"]
        code = f"import sys; sys.path[:0] = ['.']; sys.argv[1:] = {words}\n"
        code += "import runpy; runpy.run_module('leadshare.local.deploy', run_name='__main__')"
        command = [sys.executable, "-I", "-S", "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments

        assert (1, "none.zip: no such package\n") == (done.returncode, done.stdout)
