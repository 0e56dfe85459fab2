"""The test from outside: what it asks, how often, and whom its alert tells."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.deployment import (
    BINDINGS_OF_INTAKE,
    EVERYTHING,
    INTAKE,
    TEMPLATES,
    of_kind,
    resources,
)


def probe() -> dict[str, Any]:
    """Return the test from outside."""
    (made,) = of_kind("Microsoft.Insights/webtests", **EVERYTHING)
    return made


def unreachable(**given: Any) -> dict[str, Any]:
    """Return what the alert on the test from outside is made with."""
    made = of_kind("Microsoft.Insights/metricAlerts", **EVERYTHING | given)
    (told,) = [one["properties"] for one in made if one["name"] == "leadshare-prod-unreachable"]
    return dict(told)


class TestOutside:
    def test_asks(self):
        """The test posts to the function that takes leads, at the address that intake's deployment
        puts out, without the key that this wants: 401 is what a well host answers.
        """
        told = probe()["properties"]
        [door] = [one for one in BINDINGS_OF_INTAKE if one.get("methods") == ["POST"]]
        address = INTAKE.evaluate(INTAKE.one("intakeUrl", "output").value, {})

        assert ("leads/{listing?}", "FUNCTION") == (door["route"], door["authLevel"])
        assert address.endswith("/api/leads")
        assert {
            "RequestUrl": f"{EVERYTHING['intakeUrl']}/probe",
            "HttpVerb": "POST",
            "FollowRedirects": False,
            "ParseDependentRequests": False,
        } == told["Request"]
        assert {"ExpectedHttpStatusCode": 401} == told["ValidationRules"]

    def test_kept(self):
        """The test is one that Azure takes: standard, on, and tagged with its Application Insights,
        which is named in the alert as well.
        """
        made, alert = probe(), unreachable()
        insights = "<observability.outputs.applicationInsightsId>"

        assert {f"hidden-link:{insights}": "Resource"} == made["tags"]
        assert ("standard", "standard") == (made["kind"], made["properties"]["Kind"])
        assert made["properties"]["Enabled"]
        assert made["name"] == made["properties"]["SyntheticMonitorId"]
        assert ["<test.id>", insights] == alert["scopes"]
        assert ("<test.id>", insights) == (
            alert["criteria"]["webTestId"],
            alert["criteria"]["componentId"],
        )

    def test_pace(self):
        """Five places ask once in what the alert looks back on, each in less time than it has; most
        of them must fail, and it is looked for more often than they ask.
        """
        told, alert = probe()["properties"], unreachable()
        places = {one["Id"] for one in told["Locations"]}

        assert 5 == len(places) == len(told["Locations"])
        assert (900, 30, True) == (told["Frequency"], told["Timeout"], told["RetryEnabled"])
        assert ("PT5M", "PT15M") == (alert["evaluationFrequency"], alert["windowSize"])
        assert {
            "odata.type": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
            "failedLocationCount": 3,
        }.items() <= alert["criteria"].items()

    def test_told(self):
        """The people of all other alerts are told, with its runbook, as of leads that are being
        lost.
        """
        alert, alerts = unreachable(), TEMPLATES["alerts"]
        receivers = alerts.one("receivers", "output").value

        assert (0, True) == (alert["severity"], alert["autoMitigate"])
        assert alert["description"].endswith(" docs/runbooks/unreachable.md")
        assert [{"actionGroupId": "<alerts.outputs.receivers>"}] == alert["actions"]
        assert ["<people.id>"] == alerts.evaluate(receivers, {"emails": ["a@contoso.example"]})
        assert [] == alerts.evaluate(receivers, {"emails": []})

    @pytest.mark.parametrize("enabled", [True, False])
    def test_quiet(self, enabled):
        """The alert is on where the others are."""
        assert enabled is unreachable(alertsEnabled=enabled)["enabled"]

    def test_off(self):
        """Nothing is asked, and nothing paid for, unless an address is given."""
        made = [one.body["name"] for one in resources(environmentName="prod")]

        assert [] == [name for name in made if name.endswith(("-outside", "-unreachable"))]
