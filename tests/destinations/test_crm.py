"""Crm: what all systems share that keep records: the text of a new one, and what comes later."""

from __future__ import annotations

from typing import Any, Literal

import httpx
import pytest

from leadshare.destinations.crm import Crm
from leadshare.destinations.settings import CrmSettings
from leadshare.destinations.writing.mapping import source
from leadshare.destinations.writing.telling import CUT
from tests.builders import delivery, entry, record

WORDS = entry(words="We need 200 seats before spring. " * 4)


class OursSettings(CrmSettings):
    """Settings of a CRM."""

    type: Literal["ours"]


class Ours(Crm[OursSettings]):
    """A CRM whose text is short."""

    FIELDS = {  # noqa: RUF012 - as in every destination
        "Last": source("last_name"),
        "Firm": source("company"),
        "Phone": source("phone"),
        "Text": source("summary"),
        "Rating": source("stage"),
    }
    LENGTHS = {"Text": 100}  # noqa: RUF012 - as above
    NOTES = "Text"
    SELLERS = ("Status",)


def ours(**told: Any) -> Ours:
    """A CRM that is told so."""
    values = {"name": "ours", "type": "ours"} | told
    return Ours(OursSettings.model_validate(values), httpx.AsyncClient())


class TestCrm:
    def test_compared(self):
        """Before a record is written again, what may be written is read, and whom it tells of."""
        assert ("Last", "Firm", "Phone") == ours().compared
        assert ("Last", "Firm", "Phone", "Score") == ours(fields={"Score": "score"}).compared
        once = {"field": "company", "write": "once"}
        assert ("Last", "Firm", "Phone") == ours(fields={"Firm": once}).compared

    def test_sellers(self):
        """What sellers decide is written once, unless a publisher says otherwise."""
        stage = {"field": "stage"}
        crm = ours(fields={"Status": stage, "Ours": stage})
        always = ours(fields={"Status": stage | {"write": "always"}})

        assert ("once", "always") == (crm.writes["Status"], crm.writes["Ours"])
        assert "always" == always.writes["Status"]

    def test_changes(self):
        """A record that is there gets what `policy` says, cut as a new one's fields are."""
        crm = ours(fields={"Why": "reasons"})
        told = delivery(version=2, sent=1, record=record(version=2))

        assert {"Why": "\n".join(record()["reasons"])} == crm.changes(told, {"Last": "Buyer"})

    def test_late(self):
        """What came after the record is told in its timeline, unless nobody wants it."""
        told = delivery(version=2, sent=1, entries=(WORDS,))
        [note] = ours(zone="Asia/Tokyo").told_late(told, {"Last": "Berg"})

        assert "20:59 JST" in note.text
        assert [] == ours(timeline=False).told_late(told, {})

    def test_late_of_another(self):
        """The subject says so where the record tells of somebody else."""
        told = delivery(entries=(entry(first_name="Bo", last_name="Li"),))
        [note] = ours().told_late(told, {"Last": "Berg"})

        assert note.subject.startswith("Bo Li, not Berg, asked to be contacted")

    def test_at_once(self):
        """A new record's text tells all, so its timeline gets only what the text had to cut."""
        short, long = delivery(), delivery(entries=(WORDS, entry(words="")))
        wide = {"Text": "", "Description": "summary"}

        assert str(ours().values(long)["Text"]).endswith(CUT)
        assert [WORDS["touch"]] == [note.touch for note in ours().told_at_once(long)]
        assert [] == ours().told_at_once(short)
        assert [] == ours(fields=wide).told_at_once(long)
        assert [] == ours(timeline=False).told_at_once(long)

    def test_no_text(self):
        """Words that no field of a new record holds go to its timeline."""
        assert 1 == len(ours(fields={"Text": ""}).told_at_once(delivery(entries=(WORDS,))))

    @pytest.mark.parametrize("zone", ["Berlin", "Europe/Berli", ""])
    def test_zone(self, zone):
        """A time zone that is none is refused."""
        with pytest.raises(ValueError, match="no such time zone"):
            ours(zone=zone)
