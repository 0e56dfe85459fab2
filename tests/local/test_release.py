"""Releasing packages with the Azure CLI, which is played by a script of ours."""

from __future__ import annotations

import platform
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest

from leadshare.local.deploy import __main__ as command_line
from leadshare.local.deploy import package, release, sbom, smoke, target
from leadshare.local.deploy.azure_cli import ReleaseFailed
from tests.local.played_az import GROUP, INTAKE, LISTED, MAIN, OTHER, WHOLE, Az

ROOT = Path(__file__).parents[2]
HERE = ".".join(platform.python_version_tuple()[:2])


@pytest.fixture(name="az")
def _az(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return Az(tmp_path)


@pytest.fixture(name="runs", autouse=True)
def _runs(monkeypatch):
    """What build intake tells, at which address."""
    builds = {"https://door-a1-made-up.example": "before"}
    monkeypatch.setattr(smoke, "build_of", builds.__getitem__)
    return builds


LIST = (
    "rest --method get --url /subscriptions/{subscriptionId}/resourceGroups/our-group/providers"
    "/Microsoft.Web/sites?api-version=2025-03-01"
)


def steps(folder, name):
    """The calls by which a package is published to an app."""
    put = f"functionapp deployment source config-zip --src {folder}/leadshare.zip"
    where = f"{GROUP} --name {name}"
    return [
        f"resource show {where} --resource-type Microsoft.Web/sites",
        f"{put} {where} --build-remote false --timeout 600",
    ]


class TestRelease:
    @pytest.mark.parametrize(
        ("service", "name", "builds"),
        [
            pytest.param("app", "leadshare-a1", ("a-build", ""), id="main"),
            pytest.param("intake", "door-a1", ("", "a-build"), id="intake"),
        ],
    )
    def test_proven(self, az, service, name, builds):
        """The prebuilt package goes to its own tagged app; each app's keys then prove both."""
        assert "proven" == az.release(service).splitlines()[0]

        assert [
            smoke.Site("https://leadshare-a1-made-up.example", "a key", builds[0], "its master"),
            smoke.Site("https://door-a1-made-up.example", "a key", builds[1], "its master"),
        ] == [*az.proven]
        keys = [f"functionapp keys list {GROUP} --name {n}" for n in ("leadshare-a1", "door-a1")]
        calls = [LIST, *steps(az.folder, name), *keys]
        assert [f"{call} --output json --only-show-errors" for call in calls] == az.calls[:5]

    def test_alerts(self, az):
        """Then the alerts are on: the group is tagged for deployments of infra/ to come, and the
        rules that are there, of ours, on logs and on metrics, are enabled.
        """
        told = az.release()

        tagged = f"tag update --operation Merge --resource-id {WHOLE}"
        calls = [
            "group show --name our-group",
            f"{tagged} --tags leadshare-released=a-build",
            f"resource list {GROUP} --resource-type Microsoft.Insights/scheduledQueryRules",
            f"resource list {GROUP} --resource-type Microsoft.Insights/metricAlerts",
            'resource patch --ids /rules/lost --properties {"enabled": true}',
            'resource patch --ids /rules/urgent --properties {"enabled": true}',
            'resource patch --ids /alerts/unreachable --properties {"enabled": true}',
        ]
        assert [f"{call} --output json --only-show-errors" for call in calls] == az.calls[5:]
        assert "The alerts are on: 3 rules" == told.splitlines()[1]

    def test_quiet(self, az):
        """What was not seen to work leaves the alerts as they are."""
        az.proves = False

        with pytest.raises(smoke.SmokeFailed):
            az.release()

        assert "functionapp keys" == az.calls[-1][:16]

    def test_no_rules(self, az):
        """Where no rules are there, as before the first deployment of infra/ with them, none is
        asked for; the next finds the tag.
        """
        az.answers |= {call: [] for call in LISTED}

        assert "The alerts are on: 0 rules" == az.release().splitlines()[1]
        assert "resource list" == az.calls[-1][:13]

    @pytest.mark.parametrize("call", ["group show", "tag update", "resource patch"])
    def test_alerts_refused(self, az, call):
        """Alerts that could not be switched on are a failure of the release: nobody would miss
        them.
        """
        az.answers[call] = "fail"

        with pytest.raises(ReleaseFailed, match=f"az {call}"):
            az.release()

    def test_smoke(self):
        """What proves it is the smoke test, unless something else is asked for."""
        assert smoke.run is signature(release.release).parameters["prove"].default

    def test_unchanged(self, az, runs):
        """Intake is left alone while it runs the same build: no call so much as names it."""
        runs["https://door-a1-made-up.example"] = "a-build"

        assert "Intake runs build a-build already: it was left alone" == az.release("intake")
        assert [] == az.of_intake
        assert 1 == len(az.calls)

    def test_main_alone(self, az):
        """A release of the main app asks for intake's key, to post with, and for nothing else of
        it.
        """
        az.release()

        assert [
            f"functionapp keys list {GROUP} --name door-a1 --output json --only-show-errors"
        ] == az.of_intake

    @pytest.mark.parametrize("silent", [True, False], ids=["not-released", "not-there"])
    def test_first(self, az, runs, silent):
        """Before intake's first release, the main app's is proven without a lead, and no key is
        read.
        """
        if silent:
            runs["https://door-a1-made-up.example"] = ""
        else:
            az.answers["rest --method get"] = {"value": [OTHER, MAIN]}

        az.release()

        main, door = az.proven
        assert ("a-build", None) == (main.build, door)
        assert [] == az.of_intake
        assert "functionapp keys" == az.calls[-1][:16]  # and the alerts are off still

    @pytest.mark.parametrize(
        ("service", "found", "missing"),
        [
            pytest.param("app", [OTHER], "app", id="none"),
            pytest.param("app", [MAIN, MAIN], "app", id="two"),
            pytest.param("intake", [MAIN], "intake", id="no-intake"),
            pytest.param("app", [MAIN, INTAKE, INTAKE], "intake", id="two-intakes"),
            pytest.param("intake", [INTAKE], "app", id="intake-alone"),
        ],
    )
    def test_which(self, az, service, found, missing):
        """Where it is not plain which app is meant, nothing is deployed."""
        az.answers["rest --method get"] = {"value": found}

        with pytest.raises(ReleaseFailed, match=f"expected one app tagged leadshare = {missing}"):
            az.release(service)

        assert 1 == len(az.calls)

    def test_other_python(self, az):
        """A package for another Python than the app has is refused in one line, and not
        published.
        """
        runtime = az.answers["resource show"]["properties"]["functionAppConfig"]["runtime"]
        runtime["version"] = "3.11"

        with pytest.raises(ReleaseFailed) as refused:
            az.release()

        assert str(refused.value).startswith(
            f"{az.folder}/leadshare.zip is for Python 3.13, but leadshare-a1 has 3.11: "
        )
        assert "\n" not in str(refused.value)
        assert ["rest --method", "resource show"] == [call[:13] for call in az.calls]

    def test_refused(self, az, capfd):
        """A deployment that Azure refuses is a failure, az says why, and nothing is proven after
        it.
        """
        az.answers["functionapp deployment"] = "fail"

        with pytest.raises(ReleaseFailed, match="source config-zip failed; it says why"):
            az.release()

        assert "no such thing" in capfd.readouterr().err
        assert 3 == len(az.calls)

    def test_no_package(self, tmp_path):
        """A package that is not there is told of before Azure is asked anything."""
        with pytest.raises(ReleaseFailed, match="no such package"):
            release.release(tmp_path / "none.zip", "our-group")

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"no zip", id="no-zip"),
            pytest.param(b"PK\5\6" + bytes(18), id="not-ours"),
        ],
    )
    def test_other_package(self, az, content):
        """What tells no build could not be seen to run: it is refused before Azure is asked
        anything.
        """
        path = az.folder / "other.zip"
        path.write_bytes(content)

        with pytest.raises(
            ReleaseFailed, match=r"a package with an app\.txt, a build\.txt and a py"
        ):
            release.release(path, "our-group")
        assert not (az.folder / "calls").exists()

    def test_no_az(self, az):
        """A machine without the Azure CLI is told so."""
        (az.folder / "az").unlink()

        with pytest.raises(ReleaseFailed, match="not installed"):
            az.release()


class TestCommandLine:
    @pytest.mark.parametrize(
        ("machine", "python"),
        [
            pytest.param("Elsewhere arm64", HERE, id="machine"),
            pytest.param(target.MACHINE, "3.1", id="python"),
        ],
    )
    def test_wrong_machine(self, tmp_path, monkeypatch, capsys, machine, python):
        """A package that could not run in Azure is not built."""
        monkeypatch.setattr(target, "MACHINE", machine)
        monkeypatch.setattr(target, "python", lambda: python)
        path = tmp_path / "leadshare.zip"

        assert 1 == command_line.main(["package", str(path)])
        assert f"Build it on {machine} with Python {python}" in capsys.readouterr().out
        assert not path.exists()

    def test_package(self, tmp_path, monkeypatch, capsys):
        """What was built is told, for the summary of a run, and where what is in it is told."""
        monkeypatch.setattr(target, "MACHINE", f"{platform.system()} {platform.machine()}")
        monkeypatch.setattr(target, "python", lambda: HERE)
        monkeypatch.setattr(package, "build", lambda path, app: f"built {path.name} of {app}")
        monkeypatch.setattr(sbom, "write", lambda path: path.with_suffix(".json").name)

        assert 0 == command_line.main(["package", str(tmp_path / "leadshare.zip")])
        assert 0 == command_line.main(["package", "--intake", str(tmp_path / "intake.zip")])
        assert [
            *("built leadshare.zip of app", "What is in it: leadshare.json"),
            *("built intake.zip of intake", "What is in it: intake.json"),
        ] == capsys.readouterr().out.splitlines()

    def test_python(self, capsys):
        """CI is told the Python that the app has."""
        assert 0 == command_line.main(["python"])
        assert f"{target.python()}\n" == capsys.readouterr().out

    def test_release(self, az, capsys):
        """A release that fails says why, and ends with exit code 1."""
        az.answers["rest --method get"] = {"value": []}
        with pytest.raises(ReleaseFailed):
            az.release()

        assert 1 == command_line.main(["release", f"{az.folder}/leadshare.zip", *GROUP.split()])
        assert "our-group: expected one app tagged" in capsys.readouterr().out

    def test_smoke_fails(self, monkeypatch, capsys):
        """A smoke test that fails says why, without the key, and ends with exit code 1."""
        monkeypatch.setenv(command_line.KEY, "the-host-key")

        assert 1 == command_line.main(["smoke", "http://leadshare.example"])
        told = capsys.readouterr().out
        assert "https://" in told
        assert "the-host-key" not in told

    def test_bare_python(self):
        """Releasing needs nothing but Python itself, as on a runner of CI."""
        words = ["release", "none.zip", "--resource-group", "our-group"]
        code = f"import sys; sys.path[:0] = ['.']; sys.argv[1:] = {words}\n"
        code += "import runpy; runpy.run_module('leadshare.local.deploy', run_name='__main__')"
        command = [sys.executable, "-I", "-S", "-c", code]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments

        assert (1, "none.zip: no such package\n") == (done.returncode, done.stdout)
