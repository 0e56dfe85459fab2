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
from leadshare.local.deploy import package

ROOT = Path(__file__).parents[2]
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
    step = next(step for step in local.TESTS if name in step)
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
        """Each linter that `make test` runs fails on a broken workflow, and says why."""
        broken = tmp_path / ".github" / "workflows" / "broken.yml"
        broken.parent.mkdir(parents=True)
        broken.write_text(BROKEN)

        code, said = check(name, str(broken))

        assert code
        assert finding in said

    def test_every_file(self, capfd):
        """Without a file actionlint looks at all of ours."""
        assert 0 == actionlint.main([])
        assert f"{len(FILES)} workflows are well" in capfd.readouterr().out


class TestPinned:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_actions(self, path):
        """Every action of others is pinned by its full commit, its version beside it."""
        lines = [line for line in path.read_text().splitlines() if "uses: " in line]

        assert [] == [line for line in lines if "uses: ./" not in line and not PINNED.search(line)]

    def test_one_version(self):
        """An action has the same commit wherever it is used."""
        uses = {step["uses"] for step in STEPS.values() if "uses" in step}

        assert len(uses) == len({one.partition("@")[0] for one in uses})

    def test_python(self):
        """Tests run on every Python; the package is built on the one that the app has."""
        used = {name: one["with"] for name, one in STEPS.items() if is_python(one)}
        [test] = [one for name, one in used.items() if name.startswith("ci.yml:test:")]
        [build] = [one for name, one in used.items() if name.startswith("deploy.yml:package:")]

        assert 2 == len(used)
        assert {"python-version": "${{ matrix.python }}"} == test
        assert {"python-version": "${{ steps.app.outputs.python }}"} == build

    def test_readme(self):
        """On each Python both commands of the README are run."""
        steps = JOBS["ci.yml:test"]["steps"]

        assert ["make run ONCE=1", "make test"] == [one["run"] for one in steps if "run" in one]


class TestRights:
    @pytest.mark.parametrize("name", WORKFLOWS)
    def test_none(self, name):
        """A workflow grants nothing; each job says what it needs."""
        assert {} == WORKFLOWS[name]["permissions"]
        assert all("permissions" in job for job in WORKFLOWS[name]["jobs"].values())

    @pytest.mark.parametrize("name", JOBS)
    def test_token(self, name):
        """Only a job of an environment, or one that calls such a job, may sign in to Azure."""
        job = JOBS[name]
        signs_in = "id-token" in job["permissions"]

        attests = job["permissions"].get("attestations") == "write"
        is_stage = "environment" in job or job.get("uses", "").endswith("/stage.yml")
        own = {"id-token", "attestations"} if attests else {"id-token"}

        # Azure trusts environments alone, so that what attests can sign in nowhere.
        assert signs_in == (is_stage or attests)
        assert not (attests and (is_stage or any("run" in step for step in job["steps"])))
        assert {"read"} == {job["permissions"][one] for one in job["permissions"] if one not in own}

    def test_strangers(self):
        """A pull request from another repository is not signed in to Azure, nor any but for
        what-if; and only what was tested is packed, and so released.
        """
        conditions = {name: " ".join(str(job.get("if")).split()) for name, job in JOBS.items()}
        guard = "head.repo.full_name == github.repository"
        main = {"test", "package"}
        order = [
            JOBS[f"deploy.yml:{name}"]["needs"]
            for name in ("production", "staging", "attest", "package")
        ]

        assert guard in conditions["deploy.yml:what-if"]
        assert "what-if" == JOBS["deploy.yml:what-if"]["environment"]
        assert all("!= 'pull_request'" in conditions[f"deploy.yml:{name}"] for name in main)
        assert ["staging", ["what-if", "attest"], "package", "test"] == order
        assert not any("pull_request_target" in str(one[True]) for one in WORKFLOWS.values())

    def test_no_secrets(self):
        """No workflow reads a stored secret, or passes any on."""
        assert [] == [path.name for path in FILES if re.search(r"secrets[.:\[]", path.read_text())]

    def test_no_key_kept(self):
        """No checkout leaves its token behind for later steps."""
        checkouts = [step for step in STEPS.values() if "checkout" in step.get("uses", "")]

        assert checkouts
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


class TestSupply:
    """What is released is what was built from main, of packages that are known."""

    def test_attested(self):
        """Both packages are attested with what is in each, before anything is released."""
        steps = [s["with"] for s in JOBS["deploy.yml:attest"]["steps"] if "attest@" in s["uses"]]
        subjects = [(one["subject-path"].split(), one.get("sbom-path")) for one in steps]

        assert [
            (["leadshare.zip", "intake.zip"], None),
            (["leadshare.zip"], "leadshare.cdx.json"),
            (["intake.zip"], "intake.cdx.json"),
        ] == subjects

    def test_proven(self):
        """A stage proves what it fetched before it signs in to Azure."""
        steps = JOBS["stage.yml:release"]["steps"]
        text = [str(step.get("run", step.get("uses"))) for step in steps]
        proof, fetched, login = (
            next(n for n, one in enumerate(text) if word in one)
            for word in ("gh attestation verify", "download-artifact@", "azure/login@")
        )

        assert fetched < proof < login
        assert all(
            word in text[proof]
            for word in ("leadshare.zip", "intake.zip", "deploy.yml", "refs/heads/main", "--repo")
        )

    def test_one_condition(self):
        """What is attested is proven: where one is left out, so is the other."""
        said = {
            step["if"]
            for step in STEPS.values()
            if "attest" in f"{step.get('uses')}{step.get('run')}"
        }

        assert 1 == len(said)

    def test_audited(self):
        """Each lock is asked about, on each change and each day, whole."""
        on = WORKFLOWS["audit.yml"][True]
        [asked] = [step["run"] for step in JOBS["audit.yml:audit"]["steps"] if "run" in step]

        assert {"pull_request", "schedule"} <= on.keys()
        assert all(f"{folder}{package.LOCK}" in asked for folder in local.LOCKED)
        assert "pip-audit --strict --disable-pip --require-hashes" in asked


class TestCalls:
    @pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "uses" in job])
    def test_called(self, name):
        """A workflow that is called gets the inputs that it wants, and the rights that it takes."""
        called = WORKFLOWS[Path(JOBS[name]["uses"]).name]
        inputs = (called[True]["workflow_call"] or {}).get("inputs", {})
        given = set(JOBS[name].get("with", {}))

        assert {one for one in inputs if inputs[one].get("required")} <= given <= set(inputs)
        for job in called["jobs"].values():
            assert job["permissions"].items() <= JOBS[name]["permissions"].items()

    @pytest.mark.parametrize("name", [name for name, step in STEPS.items() if "run" in step])
    def test_commands(self, name):
        """A pipe fails where its first command does, and every module that is run exists."""
        workflow, _, _ = name.partition(":")
        modules = re.findall(r"-m (leadshare[\w.]+)", STEPS[name]["run"])

        assert "bash" == WORKFLOWS[workflow]["defaults"]["run"]["shell"]
        for module in modules:
            help_ = [sys.executable, "-m", module, "--help"]
            assert 0 == subprocess.run(help_, cwd=ROOT, capture_output=True, check=False).returncode  # noqa: S603 - our own arguments


class TestDocuments:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_variables(self, path):
        """Each variable that a workflow reads, and each environment, is in the set-up of CI."""
        told = (ROOT / "docs" / "ci.md").read_text()
        names = set(re.findall(r"vars\.(\w+)", path.read_text()))
        stages = {str(job.get("with", {}).get("stage")) for job in JOBS.values()}

        assert [] == [name for name in names if f"`{name}`" not in told]
        assert {"staging", "production"} <= stages
        assert f"`{path.name}`" in told
