"""Deploying intake's resources with the Azure CLI, which is played: only where they changed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from leadshare.local.deploy import __main__ as command_line
from leadshare.local.deploy import intake
from leadshare.local.deploy.azure_cli import ReleaseFailed
from tests.local.played_az import AZ

INFRA = Path(__file__).parents[2] / "infra"
IDENTITY = "/subscriptions/1/resourceGroups/our-group/providers/.../id-1"


class Azure:
    """A resource group that az is played on: what is deployed there, and what az was asked."""

    def __init__(self, folder):
        self.folder = folder
        self.parameters = folder / "infra" / "intake.bicepparam"
        self.tags = {"owner": "us"}
        self.fails = False
        shutil.copytree(INFRA, folder / "infra")
        (folder / "az").write_text(AZ.format(python=sys.executable))
        (folder / "az").chmod(0o755)

    def deploy(self):
        """Deploy as CI does; return what is told, and the calls that it took."""
        (self.folder / "calls").unlink(missing_ok=True)
        outputs = {"properties": {"outputs": {"identityId": {"value": IDENTITY}}}}
        answers = {
            "resource list": [{"tags": None}, {"tags": self.tags}],
            "deployment group create": "fail" if self.fails else outputs,
            "tag update": None,
        }
        (self.folder / "answers").write_text(json.dumps(answers))
        try:
            return intake.deploy(self.parameters, "our-group"), self.calls()
        finally:
            self.take_in()

    def calls(self):
        """The commands, without what all of them have."""
        lines = (self.folder / "calls").read_text().splitlines()
        words = [" ".join(json.loads(line)) for line in lines]
        return [one.removesuffix(" --output json --only-show-errors") for one in words]

    def take_in(self):
        """Have the tags that Azure would have after these calls."""
        calls = self.calls()
        if any(one.startswith("deployment group create") for one in calls):
            self.tags.pop(intake.MARK, None)  # the template's own tags take the place of all
        for one in calls:
            if one.startswith("tag update"):
                name, _, value = one.rpartition(" ")[2].partition("=")
                self.tags[name] = value


@pytest.fixture(name="azure")
def _azure(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return Azure(tmp_path)


class TestDeploy:
    def test_first(self, azure):
        """What is not there is deployed, and then marked with what it was deployed from."""
        told, calls = azure.deploy()

        digest = intake.fingerprint(azure.parameters)
        where = "--resource-group our-group"
        kind = "Microsoft.ManagedIdentity/userAssignedIdentities"
        create = f"deployment group create {where} --parameters {azure.parameters}"
        assert "Intake's resources were deployed" == told
        assert [
            f"resource list {where} --resource-type {kind}",
            f"{create} --name leadshare-intake-{digest[:12]}",
            f"tag update --resource-id {IDENTITY} --operation Merge --tags {intake.MARK}={digest}",
        ] == calls

    @pytest.mark.parametrize("name", ["main.bicep", "alerts.json", "modules/alerts.bicep"])
    def test_main_changes(self, azure, name):
        """While only what main has changes, be it a new alert, no call so much as names intake."""
        azure.deploy()
        with (azure.folder / "infra" / name).open("a") as file:
            file.write("\n// changed\n")

        told, calls = azure.deploy()

        assert "Intake's resources are as they were deployed: they were left alone" == told
        assert [] == [one for one in calls if "intake" in one.lower()]
        assert 1 == len(calls)

    @pytest.mark.parametrize(
        "name",
        [
            *("intake.bicep", "intake.bicepparam", "modules/app.bicep", "modules/names.bicep"),
            *("modules/host-storage.bicep", "modules/identity.bicep"),
            *("modules/intake-access.bicep", "modules/intake-network.bicep"),
        ],
    )
    def test_changes(self, azure, name):
        """Whatever intake is deployed from brings a deployment when it changes; back again as
        well.
        """
        path = azure.folder / "infra" / name
        before = path.read_text()
        azure.deploy()

        path.write_text(f"{before}\n// changed\n")
        there, _ = azure.deploy()
        path.write_text(before)
        back, _ = azure.deploy()

        assert "Intake's resources were deployed" == there == back

    def test_fails(self, azure):
        """A deployment that failed leaves no mark, and is made again."""
        azure.deploy()
        azure.parameters.write_text(f"{azure.parameters.read_text()}\n// changed\n")
        azure.fails = True
        with pytest.raises(ReleaseFailed, match="az deployment group create"):
            azure.deploy()

        assert intake.MARK not in azure.tags
        azure.fails = False
        assert "Intake's resources were deployed" == azure.deploy()[0]


class TestFingerprint:
    def test_where(self, azure, tmp_path):
        """The same files have the same one, wherever they lie."""
        shutil.copytree(INFRA, tmp_path / "elsewhere")

        there = intake.fingerprint(tmp_path / "elsewhere" / "intake.bicepparam")
        assert intake.fingerprint(azure.parameters) == there

    def test_environment(self, azure):
        """Parameters that read the environment are refused: nobody could tell that they changed."""
        read = "param location = readEnvironmentVariable('WHERE')\n"
        azure.parameters.write_text(azure.parameters.read_text() + read)

        with pytest.raises(ReleaseFailed, match="expected values, not the environment"):
            intake.fingerprint(azure.parameters)

    def test_missing(self, azure):
        """A file that is named and not there is told of before Azure is asked anything."""
        (azure.folder / "infra" / "modules" / "identity.bicep").unlink()

        with pytest.raises(ReleaseFailed, match=r"identity\.bicep: cannot be read"):
            intake.fingerprint(azure.parameters)


class TestCommandLine:
    def test_told(self, azure, capsys):
        """What became of it is told; what failed ends with exit code 1."""
        words = ["intake", "--resource-group", "our-group", "--parameters", str(azure.parameters)]
        azure.deploy()

        assert 0 == command_line.main(words)
        azure.parameters.unlink()
        assert 1 == command_line.main(words)
        out = capsys.readouterr().out
        assert "Intake's resources" in out
        assert "cannot be read" in out
