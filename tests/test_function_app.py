"""The triggers: what the host sees, what each one answers, and what may leave them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import function_app
from tests.app.triggers import registered

ROOT = Path(function_app.__file__).parent


FUNCTIONS: dict[str, dict[str, Any]] = {
    "take_touch": {"route": "leads/{listing?}", "methods": ["POST"], "authLevel": "FUNCTION"},
    "health": {"route": "health", "methods": ["GET"], "authLevel": "ANONYMOUS"},
    "tell_health": {"route": "manage/health", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_destinations": {
        "route": "manage/destinations",
        "methods": ["GET"],
        "authLevel": "FUNCTION",
    },
    "list_leads": {"route": "manage/leads", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_lead": {"route": "manage/leads/{lead}", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_deliveries": {"route": "manage/deliveries", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_quarantine": {"route": "manage/quarantine", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_quarantined": {
        "route": "manage/quarantine/{touch}",
        "methods": ["GET"],
        "authLevel": "FUNCTION",
    },
    "park": {"route": "manage/park", "methods": ["POST"], "authLevel": "FUNCTION"},
    "resend": {"route": "manage/resend", "methods": ["POST"], "authLevel": "FUNCTION"},
    "drop": {"route": "manage/drop", "methods": ["POST"], "authLevel": "FUNCTION"},
    "pause": {"route": "manage/pause", "methods": ["POST"], "authLevel": "FUNCTION"},
    "resume": {"route": "manage/resume", "methods": ["POST"], "authLevel": "FUNCTION"},
    "list_tracks": {"route": "manage/tracks", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_track": {"route": "manage/tracks/{lead}", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_work": {"route": "manage/worklist", "methods": ["GET"], "authLevel": "FUNCTION"},
    "do_work": {"route": "manage/worklist", "methods": ["POST"], "authLevel": "FUNCTION"},
    "find_leads": {"route": "manage/find", "methods": ["POST"], "authLevel": "FUNCTION"},
    "replay": {"route": "manage/replay", "methods": ["POST"], "authLevel": "FUNCTION"},
    "erase": {"route": "manage/erase", "methods": ["POST"], "authLevel": "FUNCTION"},
    "list_erasures": {"route": "manage/erasures", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_erasure": {
        "route": "manage/erasures/{order}",
        "methods": ["GET"],
        "authLevel": "FUNCTION",
    },
    "take_objection": {"route": "manage/object", "methods": ["POST"], "authLevel": "FUNCTION"},
    "export": {"route": "manage/export", "methods": ["POST"], "authLevel": "FUNCTION"},
    "enable": {"route": "manage/enable", "methods": ["POST"], "authLevel": "FUNCTION"},
    "classify_touch": {"queueName": "touches", "connection": "LEADSHARE_STORAGE"},
    "work_lane": {"queueName": "lanes", "connection": "LEADSHARE_STORAGE"},
    "tick": {"schedule": "%TICK_SCHEDULE%"},
    "prove_intake": {"schedule": "0 17 * * * *"},
    "take_referral": {
        "route": "referrals/webhook",
        "methods": ["POST"],
        "authLevel": "ANONYMOUS",
    },
    "classify_referral": {"queueName": "referrals", "connection": "LEADSHARE_STORAGE"},
    "take_outcome": {"route": "outcomes", "methods": ["POST"], "authLevel": "ANONYMOUS"},
    "record_outcome": {"queueName": "outcomes", "connection": "LEADSHARE_STORAGE"},
    "list_outcomes": {"route": "manage/outcomes", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_outcome": {"route": "manage/outcomes", "methods": ["POST"], "authLevel": "FUNCTION"},
    "tell_report": {"route": "manage/report", "methods": ["GET"], "authLevel": "FUNCTION"},
    "rebuild_counts": {"route": "manage/counts", "methods": ["POST"], "authLevel": "FUNCTION"},
    "list_acts": {"route": "manage/acts", "methods": ["GET"], "authLevel": "FUNCTION"},
    "tell_retention": {"route": "manage/retention", "methods": ["GET"], "authLevel": "FUNCTION"},
    "list_links": {"route": "manage/chain", "methods": ["GET"], "authLevel": "FUNCTION"},
    "preview_campaigns": {
        "route": "manage/campaigns/preview",
        "methods": ["POST"],
        "authLevel": "FUNCTION",
    },
    "list_referrals": {"route": "manage/referrals", "methods": ["GET"], "authLevel": "FUNCTION"},
}
"""Every function, with what its trigger is told."""


def seen() -> dict[str, list[dict[str, Any]]]:
    """Each function's bindings, as the host reads them."""
    return {
        str(found.get_function_name()): [json.loads(raw) for raw in found.get_raw_bindings()]
        for found in registered()
    }


class TestFunctions:
    def test_names(self):
        """The host sees exactly these functions."""
        assert sorted(FUNCTIONS) == sorted(seen())

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_trigger(self, name):
        """Each has the trigger that it needs: route, methods and level, queue, or schedule."""
        [trigger] = [found for found in seen()[name] if found["type"].endswith("Trigger")]

        assert FUNCTIONS[name] == {part: trigger.get(part) for part in FUNCTIONS[name]}

    @pytest.mark.parametrize(
        ("name", "queue"),
        [
            pytest.param("take_touch", "touches", id="intake"),
            pytest.param("take_referral", "referrals", id="events"),
            pytest.param("take_outcome", "outcomes", id="outcomes"),
        ],
    )
    def test_queues(self, name, queue):
        """What one function puts out is what another takes in."""
        [out] = [found for found in seen()[name] if found["type"] == "queue"]

        assert ("OUT", queue, "LEADSHARE_STORAGE") == (
            out["direction"],
            out["queueName"],
            out["connection"],
        )

    def test_host(self):
        """The host gives a message back soon and often enough that a touch outlives any outage."""
        told = json.loads((ROOT / "host.json").read_text())
        queues = told["extensions"]["queues"]

        assert "api" == told["extensions"]["http"]["routePrefix"]
        assert 1000 <= queues["maxDequeueCount"]
        assert ("00:01:00", "00:00:02") == (
            queues["visibilityTimeout"],
            queues["maxPollingInterval"],
        )
        assert "base64" == queues["messageEncoding"]

    def test_bundle(self):
        """The host loads the extension of queues, without which it answers 404 to every lead."""
        told = json.loads((ROOT / "host.json").read_text())

        assert {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        } == told["extensionBundle"]

    def test_nothing_sampled(self):
        """No line and no request is left out, for alerts compare the ones with the others."""
        told = json.loads((ROOT / "host.json").read_text())
        sampling = told["logging"]["applicationInsights"]["samplingSettings"]

        assert {"Request", "Trace"} <= {*sampling["excludedTypes"].split(";")}


FRESH = """
import json, os, sys

class Environment(type(os.environ)):
    reads = []
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame is not None:
            path = frame.f_code.co_filename
            if path.endswith("function_app.py") or "/leadshare/" in path:
                self.reads.append(name)
            frame = frame.f_back
        return super().__getitem__(name)

old = os.environ
os.environ = Environment(old._data, old.encodekey, old.decodekey, old.encodevalue, old.decodevalue)
import function_app
print(json.dumps([sorted(sys.modules), Environment.reads]))
"""


@pytest.fixture(name="fresh", scope="module")
def _fresh() -> list[list[str]]:
    """The modules that a fresh interpreter has loaded, and what was read of its environment."""
    run = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", FRESH], cwd=ROOT, capture_output=True, check=True, text=True
    )
    found: list[list[str]] = json.loads(run.stdout)
    return found


class TestImport:
    @pytest.mark.parametrize(
        "name",
        [
            *("pydantic", "httpx", "azure.core", "azure.identity", "azure.data", "azure.storage"),
            *("aiohttp", "cryptography", "email_validator", "phonenumbers", "pycountry"),
            *("leadshare.app.build", "leadshare.core", "leadshare.destinations", "leadshare.local"),
            *("leadshare.operators", "leadshare.commands"),
            *("azurefunctions", "opentelemetry"),
        ],
    )
    def test_not_loaded(self, fresh, name):
        """Importing the app loads nothing that intake does not need, nor HTTP streaming."""
        modules, _ = fresh

        assert [] == [one for one in modules if one == name or one.startswith(f"{name}.")]

    def test_loaded(self, fresh):
        """It does load intake, and so this test is not looking at nothing."""
        modules, _ = fresh

        assert {
            "function_app",
            "leadshare.intake",
            "leadshare.telemetry.logs",
            "azure.functions",
        } <= {*modules}

    def test_typed(self):
        """No trigger's type is erased, so that mypy finds a call of what the deployment has not."""
        tree = ast.parse((ROOT / "leadshare/app/triggers/answering.py").read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

        assert {"Deployment", "OperatorRequests"} <= names
        assert "Any" not in names

    def test_environment(self, fresh):
        """Importing the app reads nothing of the environment."""
        _, reads = fresh

        # Python's own: from 3.14 on its subprocess asks for a switch when it is loaded.
        assert [] == [name for name in reads if not name.startswith("_PYTHON_")]
