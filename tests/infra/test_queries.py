"""Queries of alerts and workbook: Microsoft's parser takes them, and all they name is there."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from functools import cache

import pytest

from leadshare.signals import METRICS
from tests.infra import kusto
from tests.infra.deployment import EVERYTHING, of_kind
from tests.infra.kusto import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
STORAGE = "storage-throttled"
"""The one alert on a metric of the platform, which has no query."""

FREQUENCIES = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360}
WINDOWS = {"PT15M": 15, "PT1H": 60, "PT2H": 120, "P1D": 1440, "P2D": 2880}
"""What Azure Monitor takes, of that what we use, in minutes (Microsoft, "Log search alerts")."""

BROKEN = {
    "syntax": "traces | wher message == 'x'",
    "table": "AppTraces | count",
    "column": "traces | where mesage has 'x'",
    "function": "traces | extend e = parsejson_(message)",
    "type": "requests | where resultCode > 400",
}

TOLD = 'traces | where message startswith \'{{"event":"{event}"\' | extend e = parse_json(message)'


@cache
def wrong() -> dict[str, list[str]]:
    """What the parser says of all queries, ours and the broken ones; it takes a while to start."""
    return kusto.parse(kusto.queries() | BROKEN)


class TestParser:
    @pytest.mark.parametrize("name", kusto.queries())
    def test_takes(self, name):
        """
        Each query is right by Microsoft's own parser, against Application Insights' tables.
        """
        assert [] == wrong()[name]

    @pytest.mark.parametrize("name", BROKEN)
    def test_refuses(self, name):
        """
        The parser does refuse what is wrong in any of these ways.
        """
        assert wrong()[name]


class TestNames:
    @pytest.mark.parametrize("name", kusto.queries())
    def test_known(self, name):
        """
        Each query asks for events, facts, codes and functions that are in the code.
        """
        query = kusto.queries()[name]

        assert [] == kusto.unknown(query)
        assert kusto.EVENT.search(query) or "requests" in query

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
        """
        A name that the code does not have is found.
        """
        assert [expected] == kusto.unknown(query)

    def test_metric(self):
        """
        A query of one of our metrics by its own dimensions is known.
        """
        [metric] = [one for one in METRICS if one.name == "leadshare.attempts"]
        by = ", ".join(f"tostring(customDimensions.{name})" for name in metric.by)

        assert [] == kusto.unknown(
            f"customMetrics | where name == '{metric.name}' | summarize by {by}"
        )


class TestAlerts:
    @pytest.mark.parametrize("alert", kusto.alerts(), ids=lambda alert: alert["name"])
    def test_shape(self, alert):
        """
        Each alert has all that the template reads, at times that Azure Monitor takes.
        """
        assert {"name", "title", "severity", "frequency", "window", "stays", "by", "query"} == {
            *alert
        }
        assert re.fullmatch("[a-z-]{3,40}", alert["name"])
        assert alert["severity"] in range(5)
        assert FREQUENCIES[alert["frequency"]] <= WINDOWS[alert["window"]]
        assert timedelta(days=2) >= timedelta(minutes=WINDOWS[alert["window"]])

    @pytest.mark.parametrize(
        "alert", [one for one in kusto.alerts() if one["by"]], ids=lambda alert: alert["name"]
    )
    def test_dimensions(self, alert):
        """
        What an alert is split by is a column of its result.
        """
        last = [line for line in alert["query"] if " by " in line or "project " in line][-1]

        assert all(re.search(rf"\b{name}\b", last) for name in alert["by"])

    def test_made(self):
        """
        The template makes a rule of each, that asks its query, links its runbook and tells people.
        """
        made = of_kind("Microsoft.Insights/scheduledQueryRules", **EVERYTHING)
        [throttled] = of_kind("Microsoft.Insights/metricAlerts", **EVERYTHING)

        for alert, rule in zip(kusto.alerts(), made, strict=True):
            told = rule["properties"]
            [asked] = told["criteria"]["allOf"]
            assert f"leadshare-prod-{alert['name']}" == rule["name"]
            assert kusto.queries()[f"alert {alert['name']}"] == asked["query"]
            assert alert["by"] == [one["name"] for one in asked["dimensions"]]
            assert told["description"].endswith(f" docs/runbooks/{alert['name']}.md")
            assert told["skipQueryValidation"]  # TestParser has done it
            assert told["autoMitigate"] is not alert["stays"]
            assert told["muteActionsDuration"] == (alert["window"] if alert["stays"] else None)
            assert ["<people.id>"] == told["actions"]["actionGroups"]
        assert throttled["name"].endswith(STORAGE)

    def test_vault(self):
        """
        The vault tells the same people of secrets that end, with their runbook.
        """
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
        """
        Where nobody is to be told, alerts are there all the same, and show in the portal.
        """
        made = of_kind("Microsoft.Insights/scheduledQueryRules", environmentName="prod")

        assert [[]] * len(kusto.alerts()) == [
            one["properties"]["actions"]["actionGroups"] for one in made
        ]


class TestRunbooks:
    def test_each(self):
        """
        Each alert has its runbook, and there is none without an alert.
        """
        expected = {STORAGE, *(alert["name"] for alert in kusto.alerts())}

        assert expected == {path.stem for path in RUNBOOKS.glob("*.md")}

    @pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
    def test_parts(self, path):
        """
        A runbook says what it means, what to look at, what to do and how to see that it helped.
        """
        titles = re.findall("^## (.*)$", path.read_text(), re.MULTILINE)

        assert ["What it means", "Look", "Do", "Verify"] == titles

    def test_linked(self):
        """
        The workbook links every runbook, and nothing else.
        """
        links = re.findall(r"<runbooks>/([\w-]+)\.md", json.dumps(kusto.workbook()))

        assert {path.stem for path in RUNBOOKS.glob("*.md")} == {*links}


class TestWorkbook:
    def test_items(self):
        """
        Each item has a name of its own, and each query reads Application Insights.
        """
        items = kusto.workbook()
        names = [item["name"] for item in items]

        assert len(names) == len({*names})
        assert {"microsoft.insights/components"} == {
            item["content"]["resourceType"] for item in items if "query" in item["content"]
        }

    def test_embedded(self):
        """
        The template makes a workbook of the file, with the address of the runbooks.
        """
        [made] = of_kind("Microsoft.Insights/workbooks", **EVERYTHING)
        told = json.loads(made["properties"]["serializedData"])

        assert len(kusto.workbook()) == len(told["items"])
        assert "<runbooks>" not in made["properties"]["serializedData"]
        assert "(docs/runbooks/parked.md)" in made["properties"]["serializedData"]
