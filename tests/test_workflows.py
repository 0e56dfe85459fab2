"""The workflows of CI: linted, pinned, with no more rights than they need, and no secret."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from leadshare.local import __main__ as local
from leadshare.local import actionlint, environment
from leadshare.local.deploy import package, release

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in FILES}
JOBS = {
    f"{file}:{name}": job for file, one in WORKFLOWS.items() for name, job in one["jobs"].items()
}
STEPS = {
    f"{job}:{number}": step
    for job, one in JOBS.items()
    for number, step in enumerate(one.get("steps", []))
}
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
BROKEN = """
name: broken
on: pull_request_target
jobs:
  one:
    needs: nonsense
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""


def check(name, *more):
    """Run the check of `make test` that *name* is a word of; return its exit code and output."""
    step = next(step for step in local.CHECKS if name in step)
    command = [str(environment.PYTHON.with_name(step[0])), *step[1:], *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    return done.returncode, done.stdout + done.stderr


def is_python(step):
    """Say whether *step* sets up a Python."""
    return "setup-python" in step.get("uses", "")


class TestLinters:
    @pytest.mark.parametrize(
        ("name", "finding"),
        [
            pytest.param("zizmor", "dangerous-triggers", id="zizmor"),
            pytest.param("leadshare.local.actionlint", "nonsense", id="actionlint"),
        ],
    )
    def test_broken(self, tmp_path, name, finding):
        """
        Each linter that `make test` runs fails on a broken workflow, and says why.
        """
        broken = tmp_path / ".github" / "workflows" / "broken.yml"
        broken.parent.mkdir(parents=True)
        broken.write_text(BROKEN)

        code, said = check(name, str(broken))

        assert code
        assert finding in said

    def test_every_file(self, capfd):
        """
        Without a file actionlint looks at all of ours.
        """
        assert 0 == actionlint.main([])
        assert f"{len(FILES)} workflows are well" in capfd.readouterr().out


class TestPinned:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_actions(self, path):
        """
        Every action of others is pinned by its full commit, its version beside it.
        """
        lines = [line for line in path.read_text().splitlines() if "uses: " in line]

        assert [] == [line for line in lines if "uses: ./" not in line and not PINNED.search(line)]

    def test_one_version(self):
        """
        An action has the same commit wherever it is used.
        """
        uses = {step["uses"] for step in STEPS.values() if "uses" in step}

        assert len(uses) == len({one.partition("@")[0] for one in uses})

    def test_python(self):
        """
        Packages are built, and tests run, on the Python that types are checked for and the app has.
        """
        wanted = re.search(r'python_version = "(.+)"', (ROOT / "pyproject.toml").read_text())
        used = {step["with"]["python-version"] for step in STEPS.values() if is_python(step)}

        assert wanted
        assert {wanted[1], package.PYTHON} == used


class TestRights:
    @pytest.mark.parametrize("name", WORKFLOWS)
    def test_none(self, name):
        """
        A workflow grants nothing; each job says what it needs.
        """
        assert {} == WORKFLOWS[name]["permissions"]
        assert all("permissions" in job for job in WORKFLOWS[name]["jobs"].values())

    @pytest.mark.parametrize("name", JOBS)
    def test_token(self, name):
        """
        Only a job of an environment, or one that calls such a job, may sign in to Azure.
        """
        job = JOBS[name]
        signs_in = "id-token" in job["permissions"]

        assert signs_in == ("environment" in job or job.get("uses", "").endswith("/stage.yml"))
        assert {"read"} == {
            job["permissions"][one] for one in job["permissions"] if one != "id-token"
        }

    def test_strangers(self):
        """
        A pull request from another repository is not signed in to Azure, nor any but for what-if;
        and only what was tested is packed, and so released.
        """
        conditions = {name: " ".join(str(job.get("if")).split()) for name, job in JOBS.items()}
        guard = "head.repo.full_name == github.repository"
        main = {"test", "package"}
        order = [
            JOBS[f"deploy.yml:{name}"]["needs"] for name in ("production", "staging", "package")
        ]

        assert guard in conditions["deploy.yml:what-if"]
        assert "what-if" == JOBS["deploy.yml:what-if"]["environment"]
        assert all("!= 'pull_request'" in conditions[f"deploy.yml:{name}"] for name in main)
        assert ["staging", ["what-if", "package"], "test"] == order
        assert not any("pull_request_target" in str(one[True]) for one in WORKFLOWS.values())

    def test_no_secrets(self):
        """
        No workflow reads a stored secret, or passes any on.
        """
        assert [] == [path.name for path in FILES if re.search(r"secrets[.:\[]", path.read_text())]

    def test_no_key_kept(self):
        """
        No checkout leaves its token behind for later steps.
        """
        checkouts = [step for step in STEPS.values() if "checkout" in step.get("uses", "")]

        assert checkouts
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


class TestCalls:
    @pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "uses" in job])
    def test_called(self, name):
        """
        A workflow that is called gets the inputs that it wants, and the rights that it takes.
        """
        called = WORKFLOWS[Path(JOBS[name]["uses"]).name]
        inputs = (called[True]["workflow_call"] or {}).get("inputs", {})
        given = set(JOBS[name].get("with", {}))

        assert {one for one in inputs if inputs[one].get("required")} <= given <= set(inputs)
        for job in called["jobs"].values():
            assert job["permissions"].items() <= JOBS[name]["permissions"].items()

    @pytest.mark.parametrize("name", [name for name, step in STEPS.items() if "run" in step])
    def test_commands(self, name):
        """
        A pipe fails where its first command does, and every module that is run exists.
        """
        workflow, _, _ = name.partition(":")
        modules = re.findall(r"-m (leadshare[\w.]+)", STEPS[name]["run"])

        assert "bash" == WORKFLOWS[workflow]["defaults"]["run"]["shell"]
        for module in modules:
            help_ = [sys.executable, "-m", module, "--help"]
            assert 0 == subprocess.run(help_, cwd=ROOT, capture_output=True, check=False).returncode  # noqa: S603 - our own arguments


class TestInfrastructure:
    def test_found(self):
        """
        Where a template names the app's tag or its Python, they are what a release looks for and
        what the package is built with.
        """
        bicep = "\n".join(path.read_text() for path in sorted((ROOT / "infra").rglob("*.bicep")))

        assert {release.SERVICE} == set(re.findall(r"'azd-service-name': '(.+?)'", bicep))
        assert {package.PYTHON} == set(re.findall(r"name: 'python'\s+version: '(.+?)'", bicep))


class TestDocuments:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_variables(self, path):
        """
        Each variable that a workflow reads, and each environment, is in the set-up of CI.
        """
        told = (ROOT / "docs" / "ci.md").read_text()
        names = set(re.findall(r"vars\.(\w+)", path.read_text()))
        stages = {str(job.get("with", {}).get("stage")) for job in JOBS.values()}

        assert [] == [name for name in names if f"`{name}`" not in told]
        assert {"staging", "production"} <= stages
        assert f"`{path.name}`" in told


class TestAzd:
    def test_service(self):
        """
        azd finds the infrastructure, and the app by the same tag as a release does.
        """
        project = yaml.safe_load((ROOT / "azure.yaml").read_text())

        assert {"provider": "bicep", "path": "infra", "module": "main"} == project["infra"]
        service = {"project": ".", "host": "function", "language": "python"}
        assert {release.SERVICE: service} == project["services"]
