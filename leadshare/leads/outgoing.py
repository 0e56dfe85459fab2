"""Leads: a lead as it goes out, whoever it goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from leadshare.deliveries.record import Person, Record
from leadshare.leads.folding import persons as folded
from leadshare.leads.folding.story import since
from leadshare.leads.lead import Lead
from leadshare.persons.names import placed
from leadshare.persons.titles import seniority
from leadshare.playbook import PLAYBOOK
from leadshare.scoring.receipt import Receipt, reasons
from leadshare.store.table import to_json
from leadshare.texts import cut
from leadshare.times import to_text

ROOM: Final = 4 * 1024
"""UTF-16 units that the other persons of a lead take in its record at most."""


def outgoing(lead: Lead, receipt: Receipt, move: Mapping[str, str], version: int) -> Record:
    """Return *lead* as it goes out, in the stage that its last *move* has brought it to."""
    play, facts = PLAYBOOK[lead.storefront], lead.facts
    first, last = placed((facts["first_name"], facts["last_name"]))
    return Record(
        lead=lead.id,
        version=version,
        storefront=lead.storefront,
        audience=play.audience,
        campaign_kind=play.campaign_kind,
        campaign=lead.campaign,
        campaign_name=lead.campaign_name,
        first_campaign=lead.first_campaign,
        last_campaign=lead.last_campaign,
        listing=lead.listing,
        listing_title=lead.listing_title,
        listing_kind=lead.listing_kind,
        intent=lead.intent,
        action_code=lead.action,
        lead_source=lead.source,
        consent=cut(lead.consent),
        category=lead.category,
        stage=move["stage"],
        stage_at=move["stage_at"],
        stage_by=move["stage_by"],
        stage_why=move["stage_why"],
        score=receipt.score,
        reasons=reasons(receipt),
        first_name=first,
        last_name=last,
        email=facts["email"],
        phone=facts["phone"],
        country=facts["country"],
        company=facts["company"],
        company_domain=facts["company_domain"],
        job_title=facts["job_title"],
        seniority=seniority(facts["job_title"]),
        notes=lead.words,
        persons=_others(lead.persons[1:]),
        since=_dated(lead, facts, version),
        touches=lead.touches,
        first_touch=to_text(lead.first),
        last_touch=to_text(lead.last),
    )


def _dated(lead: Lead, facts: Mapping[str, str], version: int) -> dict[str, int]:
    """Return which version first gave each of *facts*, under the names that the record has them."""
    dated = since(facts, lead.own, version)
    if placed((facts["first_name"], facts["last_name"])) == ("", facts["first_name"]):
        dated["last_name"] = dated["first_name"]
    return dated


def _others(persons: Sequence[folded.Person]) -> list[Person]:
    """Return *persons* as a record tells them, as many as there is room for."""
    told: list[Person] = []
    room = ROOM
    for one in persons:
        facts = one.facts
        first, last = placed((facts["first_name"], facts["last_name"]))
        person = Person(
            first_name=first,
            last_name=last,
            job_title=facts["job_title"],
            phone=facts["phone"],
            company=facts["company"],
            country=facts["country"],
            last_heard=to_text(one.last),
        )
        room -= len(to_json(person).encode("utf-16-le")) // 2
        if room < 0:
            break
        told.append(person)
    return told
