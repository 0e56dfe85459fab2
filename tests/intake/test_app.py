"""The intake app: the two functions that take leads, and nothing that could keep them from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leadshare.local.host.worker.app import imported, read_functions
from tests.test_function_app import seen

ROOT = Path(__file__).parents[2]
APP = ROOT / "leadshare" / "intake" / "app"
BOTH = {"take_touch", "health"}
FRESH = """
import json, os, sys
before = {*sys.modules}
os.environ = None  # whatever reads it fails
sys.path[:0] = ["leadshare/intake/app", "."]
import function_app
print(json.dumps(sorted({*sys.modules} - before)))
"""


@pytest.fixture(name="loaded", scope="module")
def _loaded():
    """What a fresh interpreter loads with the intake app, from which the environment was taken."""
    # What azure.functions reads of it is its own affair, so that is loaded before.
    code = f"import azure.functions\n{FRESH}"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own arguments
    return json.loads(told.stdout)


def hosts(name):
    """What each app's host.json says under a name."""
    return [json.loads((one / "host.json").read_text())[name] for one in (APP, ROOT)]


class TestFunctions:
    def test_same(self):
        """The host sees exactly the two, bound as the main app has them."""
        with imported(APP, "function_app") as module:
            functions = {one.name: one for one in read_functions(module)}
        main = seen()

        assert functions.keys() == BOTH
        for name, one in functions.items():
            bound = [dict(one.trigger), *map(dict, one.outputs.values())]
            assert sorted(main[name], key=str) == sorted(bound, key=str)

    def test_loaded(self, loaded):
        """Of ours it loads what takes a POST alone, of others what the standard library has."""
        ours = [name for name in loaded if name.partition(".")[0] == "leadshare"]
        others = {name.partition(".")[0] for name in loaded} - {"leadshare", "function_app"}

        assert [
            *("leadshare", "leadshare.errors", "leadshare.intake", "leadshare.intake.body"),
            *("leadshare.intake.build", "leadshare.intake.functions", "leadshare.intake.key"),
            "leadshare.intake.message",
            *("leadshare.intake.post", "leadshare.telemetry", "leadshare.telemetry.logs"),
            *("leadshare.texts", "leadshare.times"),
        ] == ours
        assert others <= sys.stdlib_module_names


class TestHost:
    def test_bundle(self):
        """The host gets what writes to queues: without a bundle, the function would be in error."""
        told = json.loads((APP / "host.json").read_text())

        assert {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        } == told["extensionBundle"]

    def test_message(self):
        """It posts where the main app would, and queues what the main app reads."""
        intake, main = hosts("extensions")

        assert main["http"] == intake["http"]
        assert main["queues"]["messageEncoding"] == intake["queues"]["messageEncoding"]

    def test_lines(self):
        """It tells what the main app's host would tell of these functions, and samples no more."""
        [intake, main] = hosts("logging")
        both = {f"Function.{name}.User" for name in BOTH}
        levels = {
            category: level
            for category, level in main["logLevel"].items()
            if category in both or not category.endswith(".User")
        }

        assert both < levels.keys()
        assert main | {"logLevel": levels} == intake


class TestRequirements:
    def test_same(self):
        """It requires azure.functions of the versions that the main app has, and what that
        needs.
        """
        intake, main = (
            [line for line in (one / "requirements.txt").read_text().splitlines() if line[0] != "#"]
            for one in (APP, ROOT)
        )

        azure = [line for line in main if line.startswith("azure-functions==")]
        assert [*azure, "markupsafe==3.0.4", "werkzeug==3.1.9"] == intake
