"""Leads: plan what changes in the rows of leads that move without a touch of theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from leadshare.leads.follow_up import together
from leadshare.leads.held import Held
from leadshare.leads.lead import beside, facts_of, fold
from leadshare.leads.planning.raising import Raised, Terms, qualified, rise, told_of
from leadshare.leads.planning.touches import moving
from leadshare.leads.tracks.rows import runs
from leadshare.lifecycle.history import History
from leadshare.lifecycle.outcome import Outcome
from leadshare.lifecycle.stage import Standing
from leadshare.scoring import receipt as scoring
from leadshare.store.table import Change
from leadshare.times import to_text


def risen(  # noqa: PLR0913 - what a version hangs on
    held: Held,
    lead: str,
    told: History,
    terms: Terms,
    *,
    why: Callable[[Standing], str] = lambda _: "",
    signed: Mapping[str, str] = MappingProxyType({}),
    over: str = "",
) -> tuple[Raised, list[Change], list[Change]]:
    """Return a *lead* that is *held* at its next version, by what sources have *told* of it.

    With that, what changes in its rows, and what it no longer owes. *over* is why its track ends,
    if it does so by itself; *why* tells what a source calls the stage that it comes to, *signed*
    has the columns of a person's first sign.
    """
    before, folded = held.leads[lead], fold(held.touches.values(), terms.routes.campaigns)[lead]
    now = beside(folded, held.count("listings"), moving(terms.routes, terms.rules))
    receipt = scoring.best([facts_of(now, person) for person in now.persons], terms.rules)
    stands, track = qualified(held, now, receipt, told, terms, over=over)
    version = before.values["version"] + 1
    raised = Raised(
        now, receipt, stands, version, why(stands), signed=signed, track=track, over=over
    )
    return raised, *rise(held, raised, terms, told)


def ended(held: Held, lead: str, over: str, terms: Terms) -> list[list[Change]]:
    """Return the transactions in which the track of a *lead* ends, for why it is *over*."""
    _, changes, retired = risen(held, lead, told_of(held.leads[lead]), terms, over=over)
    return together(retired, changes)


def opted_out(held: Held, outcome: Outcome) -> Held:
    """Return what is *held* as it is once the contact wants to hear no more, by an *outcome*."""
    if held.contact is None:
        return held
    said = {"opted_out": to_text(outcome.at), "opted_out_by": outcome.source}
    contact = replace(held.contact, values={**held.contact.values, **said})
    return replace(held, contact=contact)


def others_left(held: Held, lead: str, terms: Terms) -> list[list[Change]]:
    """Return the transactions in which the tracks of all other leads than *lead* are left.

    The contact that is *held* wants to hear no more. They come before that is written down, so that
    after a crash in between it is told again.
    """
    transactions: list[list[Change]] = []
    for other, row in held.leads.items():
        if other != lead and runs(row.values):
            _, changes, retired = risen(held, other, told_of(row), terms)
            transactions += together(retired, changes)
    return transactions
