"""The record: a lead as destinations see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from leadshare.deliveries.record import FIELDS, Record
from leadshare.leads.folding.persons import Person
from leadshare.leads.folding.story import DATED
from leadshare.leads.lead import facts_of
from leadshare.leads.outgoing import outgoing
from leadshare.playbook import Storefront
from leadshare.scoring import receipt as scoring
from leadshare.scoring.settings import Scoring
from tests.builders import NOW, lead, minutes, moved, record, touch


class TestOutgoing:
    def test_sample(self):
        """Every field of the record is what the lead, its receipt, stage and version say."""
        told = ("campaign", "campaign_name", "first_campaign", "last_campaign")
        campaigns = dict.fromkeys(told, "autumn-webinar")
        found = lead(touches=3, last=NOW + minutes(5), **campaigns)
        receipt = scoring.score(facts_of(found), Scoring.model_validate({}))

        expected = record(
            lead=found.id,
            version=7,
            **moved("nurturing"),
            score=79,
            reasons=scoring.reasons(receipt),
            notes="",
            since=dict.fromkeys(DATED, 7),
            touches=3,
            first_touch="2026-11-22T12:00:00.000Z",
            last_touch="2026-11-22T12:05:00.000Z",
        )
        assert expected == outgoing(found, receipt, moved("nurturing"), 7)

    def test_all_fields(self):
        """A record has all its fields; but for persons and versions each is a text, a whole number
        or a list of texts.
        """
        receipt = scoring.score(facts_of(lead()), Scoring.model_validate({}))

        sent: Any = outgoing(lead(), receipt, moved("sales_ready"), 1)
        told = json.loads(json.dumps(sent))

        assert set(Record.__annotations__) == set(sent)
        assert sent == told
        assert {"persons", "since"} == sent.keys() - {*FIELDS}
        assert {str, int, list} == {type(told[name]) for name in FIELDS}

    def test_one_name(self):
        """The only name goes where CRMs need one, as old as it is."""
        facts = {**lead().facts, "first_name": "Suharto", "last_name": ""}
        found = lead(facts=facts, own=(replace(touch(FirstName="Suharto"), version=3),))

        sent = outgoing(
            found, scoring.score(facts_of(found), Scoring.model_validate({})), moved("x"), 7
        )

        assert ("", "Suharto") == (sent["first_name"], sent["last_name"])
        assert 3 == sent["since"]["last_name"]

    def test_others(self):
        """Others who wrote are told with their facts, and when they were heard last."""
        other = Person({**lead().persons[0].facts, "first_name": "", "last_name": "Li"}, NOW)
        found = lead(persons=(*lead().persons, other))

        sent = outgoing(
            found, scoring.score(facts_of(found), Scoring.model_validate({})), moved("x"), 1
        )

        assert [
            {
                "first_name": "",
                "last_name": "Li",
                "job_title": "Head of IT",
                "phone": "+4930123456",
                "company": "Fabrikam GmbH",
                "country": "DE",
                "last_heard": "2026-11-22T12:00:00.000Z",
            }
        ] == sent["persons"]

    def test_azure_marketplace(self):
        """Audience and campaign are those of the storefront's row in the playbook."""
        found = lead(storefront=Storefront.AZURE_MARKETPLACE)

        sent = outgoing(
            found, scoring.score(facts_of(found), Scoring.model_validate({})), moved("nurturing"), 1
        )

        assert "all customers" == sent["audience"]
        assert "in-demand generation" == sent["campaign_kind"]
