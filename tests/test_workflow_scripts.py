"""The scripts in the workflows of CI, run as a runner runs them, with everybody else played."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

WORKFLOWS = Path(__file__).parents[1] / ".github" / "workflows"
WHAT_IF = ("deploy.yml", "what-if", "Show what would change", "az")
CHECK = ("rollback.yml", "check", "Only packages of main come back", "gh")


class TestScripts:
    @pytest.fixture(name="run")
    def _run(self, tmp_path):
        """Runs a step's script as a runner does; every command of others is played by *plays*."""

        def run(file, job, name, command, plays):
            steps = yaml.safe_load((WORKFLOWS / file).read_text())["jobs"][job]["steps"]
            script = next(step["run"] for step in steps if step.get("name") == name)
            fake = tmp_path / command
            fake.write_text(f"#!/bin/sh\n{plays}\n")
            fake.chmod(0o755)
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            names = {"GROUP": "our-group", "PARAMETERS": "ours.bicepparam", "RUN": "1"}
            names |= {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_REPOSITORY": "contoso/leads"}
            path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
            return subprocess.run(shell, cwd=tmp_path, env=names | path, check=False).returncode  # noqa: S603 - our own arguments

        return run

    def test_what_if(self, run, tmp_path):
        """
        What would change is in the summary, without being asked as one who may write.
        """
        assert 0 == run(*WHAT_IF, 'echo "~ $*"')

        told = (tmp_path / "summary.md").read_text()
        assert "## What would change in our-group" in told
        assert "~ deployment group what-if --resource-group our-group" in told
        assert "--validation-level ProviderNoRbac" in told

    def test_what_if_fails(self, run):
        """
        A what-if that fails is a failure, though its output goes through a pipe.
        """
        assert 3 == run(*WHAT_IF, "exit 3")

    @pytest.mark.parametrize(
        ("told", "code"),
        [
            pytest.param("deploy.yml main push", 0, id="push"),
            pytest.param("deploy.yml main workflow_dispatch", 0, id="by-hand"),
            pytest.param("deploy.yml main pull_request", 1, id="strangers-main"),
            pytest.param("deploy.yml branch workflow_dispatch", 1, id="branch"),
            pytest.param("other.yml main push", 1, id="other-workflow"),
        ],
    )
    def test_rollback(self, run, told, code):
        """
        Only what deploy has packed on main can come back.
        """
        plays = f"echo .github/workflows/{told}"

        assert code == run(*CHECK, plays)
