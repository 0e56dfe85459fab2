"""Preflight: what a destination would refuse is named, with how many leads it would have failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadshare.destinations.description import Description, FieldFacts, Finding, findings
from tests.builders import NOW

RECORDS = [{"Name": "Sample Buyer", "Rating": "Hot"}, {"Name": "Other", "Rating": "Cold"}]
WELL = {"Name": FieldFacts(length=20), "Rating": FieldFacts(choices=frozenset({"Hot", "Cold"}))}


def found(description: Description) -> list[Finding]:
    """What is found for two recent leads; ratings tell nothing of a person."""
    return findings(description, RECORDS, ("Name", "Rating"), frozenset({"Rating"}), NOW)


class TestFindings:
    def test_well(self):
        """Where everything fits, nothing is found."""
        assert [] == found(Description(WELL, key_unique=True, expires=NOW + timedelta(days=90)))

    def test_tasks(self):
        """What keeps people from getting tasks is told likewise."""
        description = Description(WELL, tasks_lack="step__c")

        assert [Finding("tasks_not_ready", "step__c")] == found(description)

    @pytest.mark.parametrize(
        ("days", "problems"),
        [
            (3, []),
            (2, ["previous_secret_ends_soon"]),
            (0, ["previous_secret_ends_soon"]),
            (-1, ["previous_secret_ended"]),
        ],
    )
    def test_replaced(self, days, problems):
        """A secret that has been replaced is told before its last day and after it."""
        until = NOW.date() + timedelta(days=days)

        assert problems == [one.problem for one in found(Description(WELL, replaced_until=until))]

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            pytest.param(
                {"Rating": FieldFacts(choices=frozenset({"Hot"}))},
                Finding("value_not_allowed", "Rating", "Cold", 1),
                id="picklist",
            ),
            pytest.param(
                {"Name": FieldFacts(choices=frozenset())},
                Finding("value_not_allowed", "Name", "", 2),
                id="a-person's-value-is-not-shown",
            ),
            pytest.param(
                {"Name": FieldFacts(length=5)},
                Finding("value_too_long", "Name", "", 1),
                id="length",
            ),
            pytest.param(
                {"Name": FieldFacts(writable=False)},
                Finding("field_read_only", "Name", "", 2),
                id="read-only",
            ),
            pytest.param(
                {"Rating": FieldFacts(kind="number")},
                Finding("value_is_no_number", "Rating", "", 2),
                id="number",
            ),
            pytest.param(
                {"Rating": FieldFacts(kind="boolean")},
                Finding("value_is_no_boolean", "Rating", "", 2),
                id="boolean",
            ),
            pytest.param(
                {"City": FieldFacts(required=True)},
                Finding("field_required", "City", "", 2),
                id="required",
            ),
        ],
    )
    def test_refused(self, changes, expected):
        """What would be refused is told by field, by value where it is nobody's, and by leads."""
        assert [expected] == found(Description(WELL | changes))

    def test_missing(self):
        """A mapped field that is not there is named."""
        assert [Finding("field_missing", "Rating", "", 2)] == found(
            Description({"Name": WELL["Name"]})
        )

    def test_key(self):
        """An id field that is not unique comes first: it would double every lead."""
        description = Description(WELL | {"Name": FieldFacts(length=5)}, key_unique=False)

        assert ["key_not_unique", "value_too_long"] == [f.problem for f in found(description)]

    @pytest.mark.parametrize(
        ("lacks", "problem"),
        [
            ("timeline_lacks", "timeline_not_ready"),
            ("tasks_lack", "tasks_not_ready"),
            ("erasure_lacks", "erasure_not_ready"),
        ],
    )
    def test_beside(self, lacks, problem):
        """What keeps out what comes beside a record is told by its name; it fails no lead."""
        told: Any = {lacks: "touch__c"}
        description = Description(WELL, **told)

        assert [Finding(problem, "touch__c")] == found(description)

    @pytest.mark.parametrize(
        ("days", "problems"),
        [(31, []), (29, ["secret_expires_soon"]), (0, ["secret_expired"])],
    )
    def test_expiry(self, days, problems):
        """A secret is told a month before it ends."""
        description = Description(WELL, expires=NOW + timedelta(days=days))

        assert problems == [finding.problem for finding in found(description)]

    def test_no_fields(self):
        """A destination without fields of its own has nothing to find."""
        assert [] == found(Description())
