"""Queries of alerts and workbook: Microsoft's parser takes them, and all they name is there."""

from __future__ import annotations

import json
import logging
import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

from leadshare.intake import functions
from leadshare.local.deploy import release, smoke
from leadshare.telemetry.logs import JsonLine
from leadshare.telemetry.metrics import METRICS
from tests.builders import CONTEXT
from tests.infra import kusto
from tests.infra.deployment import EVERYTHING, of_kind
from tests.infra.insights import RULES, Row, ours, query_of, request, rules, tick
from tests.infra.kusto import ROOT, TABLES

RUNBOOKS = ROOT / "docs" / "runbooks"
ON_METRICS = {"storage-throttled", "unreachable"}
"""The alerts on metrics of the platform, which have no query."""

LARGEST = 64 * 1024
"""Bytes that all of a rule's properties may have together (Microsoft, "Log search alerts")."""

MINUTES = {"PT15M": 15, "PT30M": 30, "PT12H": 720, "P2D": 2880}
"""Times that Azure Monitor takes, of those what we use."""

BROKEN = {
    "syntax": "traces | wher message == 'x'",
    "table": "AppTraces | count",
    "column": "traces | where mesage has 'x'",
    "function": "traces | extend e = parsejson_(message)",
    "type": "requests | where resultCode > 400",
}

CHUNKED = {"transfer-encoding": "chunked"}

TOLD = 'traces | where message startswith \'{{"event":"{event}"\' | extend e = parse_json(message)'


@cache
def wrong() -> dict[str, list[str]]:
    """What the parser says of all queries, ours and the broken ones; it takes a while to start."""
    made = {rule["name"]: query_of(rule) for rule in rules()}
    return kusto.parse(kusto.queries() | kusto.in_runbooks() | made | BROKEN)


class TestParser:
    @pytest.mark.parametrize(
        "name", [*kusto.queries(), *kusto.in_runbooks(), *(rule["name"] for rule in rules())]
    )
    def test_takes(self, name):
        """Each query is right by Microsoft's own parser, against Application Insights' tables: each
        alert's alone, and each rule's, which are those of several alerts together.
        """
        assert [] == wrong()[name]

    @pytest.mark.parametrize("name", BROKEN)
    def test_refuses(self, name):
        """The parser does refuse what is wrong in any of these ways."""
        assert wrong()[name]


class TestNames:
    @pytest.mark.parametrize("name", kusto.queries())
    def test_known(self, name):
        """Each query asks for events, facts, codes and functions that are in the code."""
        query = kusto.queries()[name]

        assert [] == kusto.unknown(query)
        assert kusto.EVENT.search(query) or kusto.categories(query) or "requests" in query

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            pytest.param(TOLD.format(event="touch.takken"), "no event touch.takken", id="event"),
            pytest.param(
                TOLD.format(event="touch.taken") + "| where e.stauts == 1",
                "no fact stauts",
                id="fact",
            ),
            pytest.param(
                TOLD.format(event="touch.taken") + "| where e.score > 1",
                "no fact score",
                id="fact-of-another-event",
            ),
            pytest.param(
                TOLD.format(event="delivery.attempted") + "| where e.outcome == 'acepted'",
                "no code acepted",
                id="code",
            ),
            pytest.param(
                TOLD.format(event="tick.done")
                + "| mv-expand lane = e.lanes | where lane[1].deu > 1",
                "no lane tells deu",
                id="fact-of-a-lane",
            ),
            pytest.param(
                "requests | where name == 'take_tuch'", "no code take_tuch", id="function"
            ),
            pytest.param(
                "customMetrics | where name == 'leadshare.leeds'",
                "no code leadshare.leeds",
                id="metric",
            ),
            pytest.param(
                "customMetrics | where name == 'leadshare.leads' "
                "| summarize sum(value) by tostring(customDimensions.colour)",
                "no dimension colour",
                id="dimension",
            ),
        ],
    )
    def test_unknown(self, query, expected):
        """A name that the code does not have is found."""
        assert [expected] == kusto.unknown(query)

    def test_metric(self):
        """A query of one of our metrics by its own dimensions is known."""
        [metric] = [one for one in METRICS if one.name == "leadshare.deliveries.calling"]
        by = ", ".join(f"tostring(customDimensions.{name})" for name in metric.by)

        assert [] == kusto.unknown(
            f"customMetrics | where name == '{metric.name}' | summarize by {by}"
        )


def tagged(**tags: str) -> dict[str, Any]:
    """A resource group with these tags, for the templates."""
    return {"resourceGroup()": {"id": "/group", "location": "here", "tags": tags}}


class TestAlerts:
    @pytest.mark.parametrize("alert", kusto.alerts(), ids=lambda alert: alert["name"])
    def test_shape(self, alert):
        """Each alert has all that the template reads."""
        assert {"name", "title", "severity", "stays", "by", "query"} == {*alert}
        assert re.fullmatch("[a-z-]{3,40}", alert["name"])
        assert alert["severity"] in range(5)

    @pytest.mark.parametrize("alert", kusto.alerts(), ids=lambda alert: alert["name"])
    def test_dimensions(self, insights, alert):
        """What an alert is about is made of columns of its result, of which none tells a time."""
        columns, _ = insights.ask("\n".join(alert["query"]), [])

        assert {*alert["by"]} <= {*columns}

    @pytest.mark.parametrize("alert", kusto.alerts(), ids=lambda alert: alert["name"])
    def test_bounded(self, alert):
        """Each table that a question reads, it reads back to a time of its own, two days at most,
        and it is one expression, so that it can be one of a union.
        """
        query = "\n".join(alert["query"])
        read = len(re.findall(rf"\b(?:{'|'.join(TABLES)})\b(?= *\n?\|)", query))
        bounds = re.findall(r"timestamp > ago\((\d+)([mhd])\)", query)

        assert read
        assert read == len(bounds)
        assert all(int(n) * {"m": 1, "h": 60, "d": 1440}[unit] <= 2880 for n, unit in bounds)
        assert ";" not in query
        assert not re.search(r"\blet\b", query)

    @pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["name"])
    def test_rule(self, rule):
        """A rule asks its questions all together, and is split by what a mail shows."""
        told = rule["properties"]
        [asked] = told["criteria"]["allOf"]

        # Rules must begin with a table (Microsoft, "Optimize log search alert queries").
        assert asked["query"].split("\n")[0] in TABLES
        assert ["alert", "thing", "runbook"] == [one["name"] for one in asked["dimensions"]]
        assert LARGEST / 4 > len(json.dumps(told))
        assert (0, "Count", "GreaterThan") == (
            asked["threshold"],
            asked["timeAggregation"],
            asked["operator"],
        )
        assert told["skipQueryValidation"]  # TestParser has done it
        assert ["<people.id>"] == told["actions"]["actionGroups"]

    def test_together(self):
        """Each alert is asked for by the one rule of its severity that closes by itself, or does
        not, as the alert does; and there are no more rules than that takes.
        """
        pairs = {(alert["severity"], alert["stays"]) for alert in kusto.alerts()}
        made = {
            (rule["properties"]["severity"], not rule["properties"]["autoMitigate"]): set(
                re.findall(r"project alert = '([\w-]+)'", query_of(rule))
            )
            for rule in rules()
        }

        assert pairs == made.keys()
        assert 4 == len(rules()) == len(made)
        for alert in kusto.alerts():
            asked = [pair for pair, names in made.items() if alert["name"] in names]
            assert [(alert["severity"], alert["stays"])] == asked

    def test_muted(self):
        """A rule that people must close mutes for less time than its questions look back, so that
        what comes meanwhile is still there to be told; one that closes by itself mutes nothing.
        """
        for rule in rules():
            told = rule["properties"]
            frequency, muted = MINUTES[told["evaluationFrequency"]], told["muteActionsDuration"]
            back = [
                int(n) * {"h": 60, "d": 1440}[unit]
                for n, unit in re.findall(r"timestamp > ago\((\d+)([hd])\)", query_of(rule))
            ]

            assert 2880 == MINUTES[told["windowSize"]]
            assert told["autoMitigate"] is (muted is None)
            assert muted is None or MINUTES[muted] + frequency < min(back)

    def test_metrics(self):
        """The alerts on metrics are there as well."""
        made = of_kind("Microsoft.Insights/metricAlerts", **EVERYTHING)

        assert ON_METRICS == {one["name"].removeprefix("leadshare-prod-") for one in made}

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            pytest.param({}, False, id="no-tags"),
            pytest.param(tagged(owner="us"), False, id="other-tags"),
            pytest.param(tagged(**{release.RELEASED: "a build"}), True, id="released"),
            pytest.param({"alertsEnabled": True}, True, id="said"),
        ],
    )
    def test_quiet(self, given, expected):
        """The rules are off until a release was seen to work and has tagged the resource group,
        which no later deployment of the infrastructure undoes; or on, where the parameters say so.
        """
        found = {
            one["properties"]["enabled"] for one in of_kind(RULES, environmentName="prod", **given)
        }

        assert {expected} == found

    def test_vault(self):
        """The vault tells the same people of secrets that end, with their runbook."""
        [topic] = of_kind("Microsoft.EventGrid/systemTopics", **EVERYTHING)
        [told] = of_kind("Microsoft.EventGrid/systemTopics/eventSubscriptions", **EVERYTHING)
        alert = told["properties"]["destination"]["properties"]

        assert "Microsoft.KeyVault.vaults" == topic["properties"]["topicType"]
        assert {"SecretNearExpiry", "SecretExpired"} == {
            kind.rpartition(".")[2] for kind in told["properties"]["filter"]["includedEventTypes"]
        }
        assert ["<people.id>"] == alert["actionGroups"]
        assert alert["description"].endswith(" docs/runbooks/secret-expiring.md")

    def test_nobody(self):
        """Where nobody is to be told, alerts are there all the same, and show in the portal."""
        made = of_kind(RULES, environmentName="prod")

        assert made
        assert [[]] * len(made) == [one["properties"]["actions"]["actionGroups"] for one in made]


async def answered(headers: dict[str, str], listing: str, body: bytes = b"") -> list[Row]:
    """What a POST leaves in `requests`, and in `traces`: the app's own line, as its handler has it.

    The host names the request after its function and keeps the line as it is.
    """
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLine().format(record))  # type: ignore[method-assign]  # the shortest handler
    logger = logging.getLogger("leadshare.functions")
    logger.addHandler(handler)
    asked = func.HttpRequest(
        method="POST",
        url="https://x/api/leads",
        headers=headers,
        route_params={"listing": listing},
        body=body,
    )
    try:
        answer = await functions.take_touch(asked, SimpleNamespace(set=lambda _: None), CONTEXT)
    finally:
        logger.removeHandler(handler)
    return [
        request("take_touch", str(answer.status_code)),
        Row("traces", 1, {"message": lines[-1], "severityLevel": 2}),
    ]


class TestChunked:
    @pytest.mark.parametrize(
        ("headers", "listing", "body", "expected"),
        [
            pytest.param(CHUNKED, "contoso.robot", b"", {"chunked-leads"}, id="lost"),
            pytest.param(CHUNKED, "", b"", {"chunked-leads"}, id="lost-without-listing"),
            pytest.param(CHUNKED, "no listing", b"", {"chunked-leads"}, id="lost-elsewhere"),
            pytest.param(CHUNKED, smoke.LISTING, b"", set(), id="probe-of-a-release"),
            pytest.param(CHUNKED, "contoso.robot", b"{}", set(), id="arrived"),
            pytest.param({}, "contoso.robot", b"", {"intake-errors"}, id="empty"),
            pytest.param({}, smoke.LISTING, b"", {"intake-errors"}, id="empty-probe"),
            pytest.param(CHUNKED, "contoso.robot", b"x" * 40_000, {"intake-errors"}, id="large"),
            pytest.param({}, "contoso.robot", b"{}", set(), id="taken"),
        ],
    )
    async def test_who_is_told(self, fired, headers, listing, body, expected):
        """A lead that its chunks lost raises its own alert alone, and a release's probe raises
        none.
        """
        rows = await answered(headers, listing, body)

        assert expected == {alert for alert, _ in fired(*rows)}

    def test_highest(self):
        """No alert is more severe, and those that are as severe are about leads that are lost."""
        severities = {alert["name"]: alert["severity"] for alert in kusto.alerts()}

        assert {"chunked-leads", "intake-errors", "host-errors"} == {
            name for name, severity in severities.items() if severity == 0
        }


class TestRunbooks:
    def test_each(self):
        """Each alert has its runbook, and there is none without an alert."""
        expected = {*ON_METRICS, *(alert["name"] for alert in kusto.alerts())}

        assert expected == {path.stem for path in RUNBOOKS.glob("*.md")}

    @pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
    def test_parts(self, path):
        """A runbook says what it means, what to look at, what to do and how to see that it
        helped.
        """
        titles = re.findall("^## (.*)$", path.read_text(), re.MULTILINE)

        assert ["What it means", "Look", "Do", "Verify"] == titles

    def test_linked(self):
        """The workbook links every runbook, and nothing else."""
        links = re.findall(r"<runbooks>/([\w-]+)\.md", json.dumps(kusto.workbook()))

        assert {path.stem for path in RUNBOOKS.glob("*.md")} == {*links}


class TestWorkbook:
    def test_items(self):
        """Each item has a name of its own, and each query reads Application Insights."""
        items = kusto.workbook()
        names = [item["name"] for item in items]

        assert len(names) == len({*names})
        assert {"microsoft.insights/components"} == {
            item["content"]["resourceType"] for item in items if "query" in item["content"]
        }

    def test_embedded(self):
        """The template makes a workbook of the file, with the address of the runbooks."""
        [made] = of_kind("Microsoft.Insights/workbooks", **EVERYTHING)
        told = json.loads(made["properties"]["serializedData"])

        assert len(kusto.workbook()) == len(told["items"])
        assert "<runbooks>" not in made["properties"]["serializedData"]
        assert "(docs/runbooks/parked.md)" in made["properties"]["serializedData"]
        assert [made["properties"]["sourceId"]] == told["fallbackResourceIds"]

    def test_proofs(self, insights):
        """The funnel begins with touches: proofs, which intake takes like any, are not counted."""
        rows = [ours("touch.taken", status=202) for _ in range(5)]
        rows += [ours("proof.arrived"), ours("proof.arrived"), ours("proof.sent", status=202)]

        _, found = insights.ask(kusto.queries()["workbook funnel"], rows)

        assert 3 == dict(found)["1 touches taken"]

    def test_lanes(self, insights):
        """Each destination's lane is shown as the last tick left it, beside its attempts."""
        rows = [
            tick(1, crm={"due": 2, "oldest_ms": 61_000, "left": 9, "breaker": "closed"}),
            tick(2, crm={"due": 5}, hook={"stopped": True, "disabled": "gone"}),
            ours("delivery.attempted", destination="crm", outcome="accepted"),
            ours("delivery.looked_up", destination="crm", outcome="rejected"),
        ]

        columns, found = insights.ask(kusto.queries()["workbook lanes"], rows)

        told = [dict(zip(columns, one, strict=True)) for one in found]
        assert ["hook", "crm"] == [one["Destination"] for one in told]
        assert {
            "Left due": 2,
            "Oldest s": 61,
            "Budget left": 9,
            "Attempts": 1,
            "Not found": 1,
        } == {
            name: told[1][name]
            for name in ("Left due", "Oldest s", "Budget left", "Attempts", "Not found")
        }
        assert (True, "gone") == (told[0]["Stopped"], told[0]["Disabled"])

    def test_ready(self, insights):
        """A lead that became sales-ready with its second touch counts as that, once."""
        said: dict[str, Any] = {
            "lead": "l",
            "changed": True,
            "listing": "contoso.robot",
            "score": 70,
        }
        rows = [
            ours("touch.classified", 3, new=True, ready=False, stage="new", **said),
            ours("touch.classified", 2, new=False, ready=True, stage="sales_ready", **said),
            ours("touch.classified", 1, new=False, ready=False, stage="sales_ready", **said),
        ]

        for name in ("workbook today", "workbook listings"):
            columns, [found] = insights.ask(kusto.queries()[name], rows)
            assert 1 == dict(zip(columns, found, strict=True))["Sales-ready"]
        _, found = insights.ask(kusto.queries()["workbook funnel"], rows)
        assert 1 == dict(found)["4 leads that became sales-ready"]

    def test_days(self, insights):
        """Of each day the last line counts, by kind and campaign as well."""
        rows = [
            ours("day.counted", 9, day="2026-11-21", leads=9, kinds={"app": 9}, campaigns={}),
            ours("day.counted", 8, day="2026-11-21", leads=3, kinds={"app": 3}, campaigns={}),
            ours("day.counted", 1, day="2026-11-22", leads=4, kinds={"app": 2, "offer": 2}),
        ]

        columns, days = insights.ask(kusto.queries()["workbook days"], rows)
        _, kinds = insights.ask(kusto.queries()["workbook kinds"], rows)

        at = columns.index("Leads")
        assert [("2026-11-22", 4), ("2026-11-21", 3)] == [(one[0], one[at]) for one in days]
        assert {"app": 5, "offer": 2} == dict(kinds)

    def test_queues(self, insights):
        """The queues are shown as they were seen last."""
        last = {"touches": {"count": 3, "oldest_seconds": 4}, "lanes": {"count": 1}}
        before = {"touches": {"count": 9, "oldest_seconds": 9}}
        rows = [ours("queues.watched", 6, queues=before), ours("queues.watched", 1, queues=last)]

        _, found = insights.ask(kusto.queries()["workbook queues"], rows)

        assert [("lanes", 1, None), ("touches", 3, 4)] == [one[:3] for one in found]
