"""Leads: plan what outcomes change in the rows of their lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadshare.leads import counting
from leadshare.leads.follow_up import together
from leadshare.leads.held import Held
from leadshare.leads.planning.moving import opted_out, others_left, risen
from leadshare.leads.planning.raising import Terms, told_by, told_of
from leadshare.leads.tracks.rows import runs
from leadshare.leads.waiting.rows import end
from leadshare.lifecycle import history
from leadshare.lifecycle.history import History
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.stage import BY_SCORE, Standing, standing
from leadshare.playbook import Category, Stage
from leadshare.store.keys import contact_key, contact_of, outcome_key
from leadshare.store.table import Change, Row
from leadshare.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class News:
    """What outcomes of one lead tell that its row does not say."""

    told: History
    """All that its sources have told by now."""
    outcomes: tuple[Outcome, ...] = ()
    """Those that tell where it stands, each of which is kept as a row."""
    signed: dict[str, str] = field(default_factory=dict)
    """The columns of the first sign of a person, where this is an earlier one."""
    opted_out: Outcome | None = None

    def why(self, stand: Standing) -> str:
        """Return what the source calls it that put the lead there, if it has only just said so."""
        said = (one for one in self.outcomes if (one.source, one.at) == (stand.by, stand.at))
        return next((" ".join(filter(None, (one.status, one.reason))) for one in said), "")

    def __bool__(self) -> bool:
        """Say whether there is anything to write down."""
        return bool(self.outcomes or self.signed or self.opted_out)


def news(lead: Row, outcomes: Sequence[Outcome], *, asked: bool) -> News:
    """Return what *outcomes* tell that the row of their *lead* does not say.

    A source that is *asked* tells all again each time, and by what its system knows of signs;
    one that tells of its own accord is itself the sign that a person has begun.
    """
    told, new = told_of(lead), list[Outcome]()
    for outcome in outcomes:
        after = history.add(told, outcome, asked=asked)
        if after is not told:
            new.append(outcome)
        told = after
    # Who objected to us is marked so in a system by us, which tells it back: that is no news.
    objected = asked and lead.values["category"] == Category.NO_CONTACT
    out = next((one for one in outcomes if one.opted_out and not objected), None)
    return News(told, tuple(new), _signed(lead, outcomes, asked=asked), out)


def stands(lead: Row, found: News) -> Standing:
    """Return where a *lead* stands by what was *found* of it: by its score where none has told."""
    category = Category(lead.values["category"])
    # Sources move a lead to the same wherever its score has put it.
    base = Stage.NEW if category is Category.NORMAL else Stage(category)
    told = standing(base, found.told)
    return told if told.by != BY_SCORE else Standing(Stage(lead.values["stage"]))


def kept(lead: Row, found: News, stage: str, terms: Terms, etag: str = "") -> list[Change]:
    """Return the rows of what was *found* of a *lead*, which is at a *stage* with it.

    The *etag* of its contact's row guards that the tracks of all its leads were left.
    """
    identity, now = lead.values["lead"], to_text(terms.now)
    changes = [
        Change(
            "upsert",
            outcome_key(identity, one.source, one.at, _said(one)),
            _values(one) | {"stage": stage, "recorded": now},
        )
        for one in found.outcomes
    ]
    if found.opted_out:
        said = {"opted_out": to_text(found.opted_out.at), "opted_out_by": found.opted_out.source}
        changes.append(Change("merge", contact_key(contact_of(identity)), said, etag))
    return changes


def noted(lead: Row, found: News, terms: Terms, etag: str = "") -> list[Change]:
    """Return what changes in the rows of a *lead* that stays in its stage with what was *found*."""
    columns = {
        "states": history.to_column(found.told),
        **told_by(lead, stand := stands(lead, found), found.why(stand)),
        **found.signed,
    }
    over, gone = end(lead.values) if found.signed or found.opted_out else ({}, [])
    column, told = counting.again(lead, columns, terms.now)
    return [
        Change("merge", lead.key, {**columns, **over, **column}, lead.etag),
        *told,
        *gone,
        *kept(lead, found, lead.values["stage"], terms, etag),
    ]


def moved(held: Held, lead: str, found: News, terms: Terms) -> list[list[Change]]:
    """Return the transactions in which a *lead* that is *held* moves by what was *found* of it.

    Its version rises, so that all who have it hear of that.
    """
    raised, changes, retired = risen(
        held, lead, found.told, terms, why=found.why, signed=found.signed
    )
    stage, etag = raised.standing.stage, held.contact.etag if held.contact else ""
    told = kept(held.leads[lead], found, stage, terms, etag)
    return together(retired, [*changes, *told])


def objected(held: Held, lead: str, found: News, terms: Terms) -> list[list[Change]]:
    """Return the transactions for a *lead* whose contact wants to hear no more, as was *found*.

    Each track of each of its leads is left.
    """
    if found.opted_out is None or held.contact is None:
        return []
    told, own = opted_out(held, found.opted_out), held.leads[lead]
    left = others_left(told, lead, terms)
    if moves(own, found) or runs(own.values):
        return [*left, *moved(told, lead, found, terms)]
    return [*left, noted(own, found, terms, held.contact.etag)]


def moves(lead: Row, found: News) -> bool:
    """Say whether the stage of a *lead* moves by what was *found* of it."""
    return bool(stands(lead, found).stage != lead.values["stage"])


def _signed(lead: Row, outcomes: Sequence[Outcome], *, asked: bool) -> dict[str, str]:
    """Return the columns of the first sign of a person, nothing where an earlier one is known.

    What was before the customer asked is no sign: the record may have been there for years.
    """
    since, known = from_text(lead.values["first_touch"]), lead.values.get("signed_at")
    signs = [(one.signed_at, one.source) for one in outcomes if one.signed_at]
    if not asked:
        signs += [(one.at, one.source) for one in outcomes if one.state not in {None, State.GONE}]
    later = [(at, source) for at, source in signs if at >= since]
    if known:
        later.append((from_text(known), lead.values["signed_by"]))
    if not later or (known and min(later) == later[-1]):
        return {}
    at, source = min(later)
    return {"signed_at": to_text(at), "signed_by": source}


def _said(outcome: Outcome) -> str:
    """Return what an outcome says, as a part of its row's key."""
    return f"{outcome.state}_corrected" if outcome.corrected_by else f"{outcome.state}"


def _values(outcome: Outcome) -> dict[str, object]:
    money = outcome.money
    return {
        "lead": outcome.lead,
        "source": outcome.source,
        "at": to_text(outcome.at),
        "state": str(outcome.state),
        "status": outcome.status,
        "reason": outcome.reason,
        "amount": str(money.amount) if money else "",
        "currency": money.currency if money else "",
        "by": outcome.corrected_by,
    }
