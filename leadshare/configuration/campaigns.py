"""Configuration: the publisher's campaigns, and what says which of them a lead is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Final, Literal, Protocol, Self

from pydantic import Field, StrictInt, field_validator, model_validator

from leadshare.errors import Faults, Place
from leadshare.lifecycle.money import CURRENCY, is_currency
from leadshare.model import DATED, Model, like
from leadshare.playbook import PLAYBOOK
from leadshare.scoring import possible
from leadshare.scoring.operators import SCORED
from leadshare.scoring.rules import Condition
from leadshare.texts import words

_KINDS = tuple(dict.fromkeys(play.campaign_kind for play in PLAYBOOK.values()))

UNASKED: Final[Mapping[str, str]] = {
    "campaign": "it is what the conditions decide",
    "campaign_kind": "ask for the storefront, which decides it",
    "listings": "what a contact does elsewhere moves no lead",
    **dict.fromkeys(SCORED, "it may hang on the campaign itself"),
}
"""What conditions of a campaign cannot ask about, and why."""

_Count = Annotated[StrictInt, Field(ge=1, le=10**9)]


class Targets(Model):
    """What a campaign is to bring."""

    leads: _Count | None = None
    """Leads that are in it."""
    sales_ready: _Count | None = None
    """Leads of it that became sales-ready."""
    won: _Count | None = None
    """Leads of it that were won."""
    revenue: _Count | None = None
    """What those are worth, in whole units of `currency`."""
    currency: str = ""
    """The currency of `revenue`, by ISO 4217, such as EUR."""

    @field_validator("currency")
    @classmethod
    def _is_code(cls, code: str) -> str:
        if code and not is_currency(code):
            raise ValueError(f"expected {CURRENCY}")
        return code

    @model_validator(mode="after")
    def _in_a_currency(self) -> Self:
        if self.revenue is not None and not self.currency:
            raise Faults((("revenue",), "has no currency; expected currency beside it"))
        if self.revenue is None and self.currency:
            raise Faults((("currency",), "is of no revenue; expected revenue beside it"))
        return self


class Campaign(Model):
    """A campaign of the publisher's: its links carry its id, and every lead is in one at most."""

    id: str = like(
        r"^[A-Za-z0-9_-]{1,16}$", "1 to 16 letters, digits, `_` and `-`, as `mktcmpid` has them"
    )
    """What its links carry as `mktcmpid`, and by which leads tell of it."""
    name: str = Field(min_length=1, max_length=120)
    """What people call it; a lead that names it is in it, too."""
    kind: Literal[_KINDS]  # type: ignore[valid-type]  # from the playbook
    """What is done with its leads."""
    from_: Annotated[date, DATED] | None = Field(None, alias="from")
    """Its first day, in UTC; without it, it has always been."""
    until: Annotated[date, DATED] | None = None
    """Its last day, in UTC; without it, it does not end."""
    when: tuple[Condition, ...] = ()
    """The conditions, all of which a lead must meet that is in it without having named it; none
    takes only leads that name it or are of its listings."""
    targets: Targets = Field(default_factory=lambda: Targets.model_validate({}))
    """What it is to bring."""
    ids: dict[str, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict
    )
    """Its id in each CRM, by the name of the destination."""

    @model_validator(mode="after")
    def _can_have_leads(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("when", index), f"a campaign cannot ask about {asked.field}: {UNASKED[asked.field]}")
            for index, asked in enumerate(self.when)
            if asked.field in UNASKED
        ]
        if not faults and (why := possible.contradiction(self.when)):
            faults = [(("when",), why)]
        if self.from_ and self.until and self.until < self.from_:
            faults.append((("until",), f"is before it begins, {self.from_}"))
        if faults:
            raise Faults(*faults)
        return self

    def runs_at(self, at: datetime) -> bool:
        """Say whether the day of *at*, which is in UTC, is one of its days."""
        begun = self.from_ is None or self.from_ <= at.date()
        return begun and (self.until is None or at.date() <= self.until)


@dataclass(frozen=True)
class Campaigns:
    """The campaigns of a configuration, in its order."""

    told: tuple[Campaign, ...] = ()
    by_listing: Mapping[str, str] = field(default_factory=dict)
    """The id of the campaign that each listing brings its leads to, by its id in lower case."""

    @cached_property
    def _by_words(self) -> Mapping[str, Campaign]:
        # An id outranks a name, though no file that loads has one text as both.
        by_name = {words(one.name): one for one in self.told}
        return by_name | {words(one.id): one for one in self.told}

    @cached_property
    def asking(self) -> tuple[Campaign, ...]:
        """Those with conditions, in their order."""
        return tuple(one for one in self.told if one.when)

    @property
    def by_destination(self) -> Mapping[str, Mapping[str, str]]:
        """The ids that a destination has for them, by its name and by their own ids."""
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for one in self.told:
            for destination, theirs in one.ids.items():
                found[destination][one.id] = theirs
        return found

    @property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(one.id for one in self.told)

    def named(self, text: str) -> Campaign | None:
        """Return the one whose id or name *text* is, in any spelling of case and spaces."""
        return self._by_words.get(words(text)) if text else None

    def of_listing(self, listing: str) -> Campaign | None:
        """Return the one that a *listing*, by its id in lower case, brings its leads to."""
        return self.named(self.by_listing.get(listing, ""))

    def digest(self) -> Any:
        """Return, as JSON has it, all by which a lead could be in another."""
        told = [one.model_dump(mode="json", exclude={"targets", "ids"}) for one in self.told]
        return [told, sorted(self.by_listing.items())]


NO_CAMPAIGNS: Final = Campaigns()


class Listed(Protocol):
    """What is looked at of a listing."""

    @property
    def id(self) -> str: ...
    @property
    def campaign(self) -> str: ...


def of_listings(listings: Iterable[Listed]) -> dict[str, str]:
    """Return the campaign of each of *listings* that has one, by its id in lower case."""
    return {one.id.lower(): one.campaign for one in listings if one.campaign}
