"""The record: a lead as destinations see it."""

from __future__ import annotations

import json

from leadshare.core import scoring
from leadshare.core.configuration import Scoring
from leadshare.core.lead import facts_of
from leadshare.core.playbook import Storefront
from leadshare.core.record import Record, outgoing
from tests.builders import NOW, lead, minutes, record


class TestOutgoing:
    def test_sample(self):
        """
        Every field of the record is what the lead, its receipt, stage and version say.
        """
        found = lead(touches=3, last=NOW + minutes(5))
        receipt = scoring.score(facts_of(found), Scoring.model_validate({}))

        expected = record(
            lead=found.id,
            version=7,
            stage="nurture",
            score=98,
            reasons=scoring.reasons(receipt),
            touches=3,
            first_touch="2026-11-22T12:00:00.000Z",
            last_touch="2026-11-22T12:05:00.000Z",
        )
        assert expected == outgoing(found, receipt, "nurture", 7)

    def test_all_fields(self):
        """
        A record has all its fields, and each is a text, a whole number or a list of texts.
        """
        receipt = scoring.score(facts_of(lead()), Scoring.model_validate({}))

        sent = outgoing(lead(), receipt, "sales_ready", 1)

        assert set(Record.__annotations__) == set(sent)
        assert sent == json.loads(json.dumps(sent))
        assert {str, int, list} >= {type(value) for value in json.loads(json.dumps(sent)).values()}

    def test_azure_marketplace(self):
        """
        Audience and campaign are those of the storefront's row in the playbook.
        """
        found = lead(storefront=Storefront.AZURE_MARKETPLACE)

        sent = outgoing(
            found, scoring.score(facts_of(found), Scoring.model_validate({})), "nurture", 1
        )

        assert "all customers" == sent["audience"]
        assert "in-demand generation" == sent["campaign_kind"]
