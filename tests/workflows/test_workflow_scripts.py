"""The scripts in the workflows of CI, run as a runner runs them, with everybody else played."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from leadshare.local.deploy import target

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
WHAT_IF = ("deploy.yml", "what-if", "Show what would change", "az")
CHECK = ("rollback.yml", "check", "Only packages of main come back", "gh")
ORDER = ("stage.yml", "release", "Refuse what a newer run has overtaken", "gh")
FIND = ("deploy.yml", "package", "Find the Python that the app has in Azure", "python3")
LINT = ("ci.yml", "bicep", "Lint what is deployed", "bicep")
FORMAT = ("ci.yml", "bicep", "Look whether it is formatted", "bicep")
# GitHub's own command puts an answer, page by page, through a filter of jq's language.
GH = """#!{python}
import json, pathlib, sys
import jq
told = json.loads((pathlib.Path(__file__).parent / "answers").read_text())
[path] = [word for word in sys.argv if word.startswith("repos/contoso/leads/actions/")]
query = sys.argv[sys.argv.index("--jq") + 1]
for page in told[path.split("/", 4)[4].partition("?")[0]][:None if "--paginate" in sys.argv else 1]:
    for one in jq.compile(query).input_value(page):
        print(one if isinstance(one, str) else json.dumps(one))
"""
# It tells of each line with `warn` in it and ends with 0, fails where one has `error`, and would
# write a line without spaces at its end.
BICEP = """#!{python}
import json, pathlib, re, sys
command, *rest = sys.argv[1:]
if command == "--version": sys.exit(print("Bicep CLI version 0.49.2"))
text = pathlib.Path(rest[0]).read_text()
if command == "format" and rest[1:] == ["--stdout"]:
    sys.exit(print(re.sub(" +$", "", text, flags=re.M), end=""))
assert (command, rest[1:]) == ("lint", ["--diagnostics-format", "sarif"])
found = [dict(message=line) for line in text.splitlines() if re.search("warn|error", line)]
print(json.dumps(dict(runs=[dict(results=found)])))
sys.exit("error" in text)
"""
JQ = """#!{python}
import pathlib, sys
import jq
option, query, path = sys.argv[1:]
assert option == "--exit-status"
*_, last = None, *jq.compile(query).input_text(pathlib.Path(path).read_text())
sys.exit(0 if last else 1)
"""
SCRIPT = {
    "GROUP": "our-group",
    "INTAKE_PARAMETERS": "intakes.bicepparam",
    "PARAMETERS": "ours.bicepparam",
    "RUN": "1",
    "STAGE": "production",
}
RUNNER = {
    "GITHUB_OUTPUT": "output.txt",
    "GITHUB_REPOSITORY": "contoso/leads",
    "GITHUB_RUN_ID": "107",
    "GITHUB_RUN_NUMBER": "7",
    "GITHUB_STEP_SUMMARY": "summary.md",
}
MADE = ".github/workflows/deploy.yml"


def release(stage, infrastructure, app):
    """A job that released to a stage; how its two steps of deployment ended."""
    steps = [("Set up job", "success"), ("Deploy the infrastructure", infrastructure)]
    steps += [("Deploy the app, and see a test lead through it", app)]
    named = [{"name": name, "conclusion": conclusion} for name, conclusion in steps]
    return {"name": f"{stage} / release to {stage}", "steps": named}


def nothing(stage):
    """A job for a stage that has not begun: it waits, or was cancelled or rejected then."""
    return {"name": f"{stage} / release to {stage}", "steps": []}


class TestScripts:
    @pytest.fixture(name="run")
    def _run(self, tmp_path):
        """Runs a step's script as a runner does; the one command of others is played."""

        def run(file, job, name, command, plays):
            steps = yaml.safe_load((WORKFLOWS / file).read_text())["jobs"][job]["steps"]
            script = next(step["run"] for step in steps if step.get("name") == name)
            fake = tmp_path / command
            fake.write_text(plays)
            fake.chmod(0o755)
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            names = {**SCRIPT, **RUNNER, "PATH": f"{tmp_path}:/usr/bin:/bin"}
            return subprocess.run(  # noqa: S603 - our own arguments
                shell, cwd=tmp_path, env=names, capture_output=True, text=True, check=False
            )

        return run

    @pytest.fixture(name="bicep")
    def _bicep(self, run, tmp_path):
        """Runs a step's script over templates, by path and text."""

        def bicep(step, **templates):
            (tmp_path / "infra" / "modules").mkdir(parents=True)
            everything = {"main.bicep": "", "main.bicepparam": "", "modules/app.bicep": ""}
            for name, text in (everything | templates).items():
                (tmp_path / "infra" / name).write_text(text)
            (tmp_path / "jq").write_text(JQ.format(python=sys.executable))
            (tmp_path / "jq").chmod(0o755)
            return run(*step, BICEP.format(python=sys.executable)).returncode

        return bicep

    @pytest.fixture(name="asked")
    def _asked(self, run, tmp_path):
        """Runs a step's script against GitHub, whose answers are lists of pages."""

        def asked(step, **answers):
            told = {path.replace("_", "/"): pages for path, pages in answers.items()}
            (tmp_path / "answers").write_text(json.dumps(told))
            return run(*step, GH.format(python=sys.executable))

        return asked

    @pytest.fixture(name="order")
    def _order(self, asked):
        """Asks whether run 7 may be released to production, beside other runs and their jobs."""

        def order(*runs):
            listed = [{"id": 100 + n, "run_number": n, "event": event} for n, event, _ in runs]
            jobs = {f"runs_{100 + n}_jobs": [{"jobs": []}, {"jobs": one}] for n, _, one in runs}
            pages = [{"workflow_runs": listed[:1]}, {"workflow_runs": listed[1:]}]
            return asked(ORDER, **{"workflows_deploy.yml_runs": pages}, **jobs)

        return order

    def test_what_if(self, run, tmp_path):
        """What would change is in the summary, without being asked as one who may write."""
        assert 0 == run(*WHAT_IF, '#!/bin/sh\necho "~ $*"').returncode

        told = (tmp_path / "summary.md").read_text()
        assert "## What would change in our-group" in told
        assert "~ deployment group what-if --resource-group our-group" in told
        assert "--parameters ours.bicepparam --validation-level ProviderNoRbac" in told
        assert "intakes.bicepparam" in told

    def test_what_if_first(self, run, tmp_path):
        """Before intake was ever deployed, nothing is asked of it."""
        alone = '#!/bin/sh\n[ "$1" = resource ] || echo "~ $*"'

        assert 0 == run(*WHAT_IF, alone).returncode
        told = (tmp_path / "summary.md").read_text()
        assert ("ours.bicepparam" in told, "intakes.bicepparam" in told) == (True, False)

    @pytest.mark.parametrize("failing", ["resource", "ours", "intakes"])
    def test_what_if_fails(self, run, failing):
        """A what-if that fails is a failure, though its output goes through a pipe."""
        fails = f'#!/bin/sh\ncase "$*" in *{failing}*) exit 3;; esac\necho "~ $*"'

        assert 3 == run(*WHAT_IF, fails).returncode

    @pytest.mark.parametrize(
        ("templates", "code"),
        [
            pytest.param({}, 0, id="silent"),
            pytest.param({"main.bicep": "warn"}, 1, id="warning"),
            pytest.param({"intake.bicep": "warn"}, 1, id="first-of-two"),
            pytest.param({"other.bicep": "warn"}, 1, id="last-of-two"),
            pytest.param({"main.bicep": "error"}, 1, id="error"),
        ],
    )
    def test_lint(self, bicep, templates, code):
        """Whatever the compiler says of a template that is deployed fails, be it a warning."""
        assert code == bicep(LINT, **templates)

    @pytest.mark.parametrize(
        "name", ["main.bicep", "main.bicepparam", "modules/app.bicep", "modules/vault.bicep"]
    )
    def test_format(self, bicep, name):
        """Each file, of parameters and modules too, is as the compiler would write it."""
        assert 1 == bicep(FORMAT, **{name: "param a string  \n"})

    def test_formatted(self, bicep):
        """What is formatted passes."""
        assert 0 == bicep(FORMAT, **{"main.bicep": "param a string\n"})

    def test_python(self, run, tmp_path):
        """The package is built on the Python that the template names."""
        here = f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} "$@"'

        assert 0 == run(*FIND, here).returncode
        assert f"python={target.python()}\n" == (tmp_path / "output.txt").read_text()

    def test_no_python(self, run):
        """Where the template names none, nothing is built."""
        assert 1 == run(*FIND, "#!/bin/sh\nexit 1").returncode

    @pytest.mark.parametrize(
        ("path", "branch", "event", "code"),
        [
            pytest.param(MADE, "main", "push", 0, id="push"),
            pytest.param(f"{MADE}@refs/heads/main", "main", "workflow_dispatch", 0, id="by-hand"),
            pytest.param(MADE, "main", "pull_request", 1, id="strangers-main"),
            pytest.param(MADE, "branch", "workflow_dispatch", 1, id="branch"),
            pytest.param(".github/workflows/other.yml", "main", "push", 1, id="other-workflow"),
        ],
    )
    def test_rollback(self, asked, path, branch, event, code):
        """Only what deploy has packed on main can come back."""
        told = {"path": path, "head_branch": branch, "event": event}

        assert code == asked(CHECK, runs_1=[told]).returncode

    @pytest.mark.parametrize(
        "jobs",
        [
            pytest.param([], id="not-so-far"),
            pytest.param([nothing("production")], id="waiting"),
            pytest.param([release("staging", "success", "success")], id="other-stage"),
            pytest.param([release("production", "skipped", "skipped")], id="refused"),
            pytest.param([release("production", None, None)], id="not-begun"),
        ],
    )
    def test_in_order(self, order, jobs):
        """A run is released while no newer one has begun to change the same stage."""
        older = (6, "push", [release("production", "success", "success")])

        done = order(older, (7, "push", [nothing("production")]), (8, "push", jobs))

        assert (0, "") == (done.returncode, done.stdout)

    @pytest.mark.parametrize(
        "job",
        [
            pytest.param(release("production", "success", "success"), id="released"),
            pytest.param(release("production", "failure", "skipped"), id="half"),
            pytest.param(release("production", "skipped", "failure"), id="not-proven"),
            pytest.param(release("production", "cancelled", "skipped"), id="cancelled"),
        ],
    )
    def test_overtaken(self, order, job):
        """A run that a newer one has overtaken is refused, and told how it is released on
        purpose.
        """
        done = order((9, "push", []), (7, "push", []), (8, "workflow_dispatch", [job]))

        assert 1 == done.returncode
        assert "::error::run 108 is newer, and was released to production" in done.stdout
        assert "rollback.yml -f stage=production -f run=107" in done.stdout

    def test_strangers(self, order):
        """A pull request from somebody's main is no run of main."""
        job = release("production", "success", "success")

        assert 0 == order((8, "pull_request", [job])).returncode

    @pytest.mark.parametrize("missing", ["workflows_deploy.yml_runs", "runs_108_jobs"])
    def test_unknown(self, asked, missing):
        """Where GitHub does not answer, nothing is released."""
        answers = {
            "workflows_deploy.yml_runs": [
                {"workflow_runs": [{"id": 108, "run_number": 8, "event": "push"}]}
            ],
            "runs_108_jobs": [{"jobs": []}],
        }
        del answers[missing]

        assert 1 == asked(ORDER, **answers).returncode

    def test_names(self):
        """The job and the steps that the order of releases is told by have the names that it
        seeks.
        """
        job = yaml.safe_load((WORKFLOWS / "stage.yml").read_text())["jobs"]["release"]
        names = [step.get("name", "") for step in job["steps"]]

        assert "release to ${{ inputs.stage }}" == job["name"]
        assert ORDER[2] == names[0]
        assert 4 == sum(name.startswith("Deploy ") for name in names)
        assert 4 == sum("--resource-group" in step.get("run", "") for step in job["steps"])

    @pytest.mark.parametrize(
        ("inputs", "expected"),
        [
            pytest.param(("", True), ["main", "app", "intake", "intake.zip"], id="both"),
            pytest.param(("app", False), ["app"], id="main-back"),
            pytest.param(("intake", False), ["intake.zip"], id="intake-back"),
        ],
    )
    def test_apps(self, inputs, expected):
        """The main app goes before intake, and a rollback touches the one app that it names."""
        job = yaml.safe_load((WORKFLOWS / "stage.yml").read_text())["jobs"]["release"]
        names = ["main", "app", "intake", "intake.zip"]
        steps = [step for step in job["steps"] if step.get("name", "").startswith("Deploy ")]
        conditions = {
            "inputs.infrastructure": inputs[1],
            "inputs.app != 'intake'": inputs[0] != "intake",
            "inputs.app != 'app'": inputs[0] != "app",
        }
        run = [conditions[step["if"]] for step in steps]

        assert "leadshare.local.deploy intake " in steps[2]["run"]
        assert expected == [name for name, is_run in zip(names, run, strict=True) if is_run]
