"""Custody: whom an order is about: the contacts that are one person's, and what else shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from leadshare.addresses import one_spelling, typed
from leadshare.custody.erasing.held import Held, read_held
from leadshare.custody.erasing.needles import Needles
from leadshare.errors import BadRequest, Unreadable
from leadshare.identity import Identity
from leadshare.intake.body import lower_keys, read_object
from leadshare.leads.folding.persons import Person, persons
from leadshare.leads.phones import spellings
from leadshare.leads.touch import Touch
from leadshare.persons.finding import PHONE, phone_tail
from leadshare.persons.names import names_contradict
from leadshare.store.keys import all_found, contact_of
from leadshare.store.reading import everywhere
from leadshare.store.table import Row, Table

MOST_PHONES: Final = 20
"""Numbers of one person that are followed; each costs a range of each partition."""

MOST_MAILS: Final = 50
"""Ways of writing one address that are searched for."""

SHORTEST: Final = 6
"""Digits of a number by which anything is searched."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as far as what they gave tells."""

    held: Sequence[Held]
    """What is held of each of their contacts; first of the one that was asked for."""
    needles: Needles = field(repr=False)
    shared: int = 0
    """How many of their numbers others have as well, whose contacts are left alone."""

    @property
    def persons(self) -> tuple[Person, ...]:
        """Who wrote from their contacts, last heard first: persons of law 13."""
        touches = [touch for held in self.held for touch in held.touches]
        return persons(sorted(touches, key=lambda touch: (touch.received, touch.id)))


@dataclass(frozen=True, slots=True)
class Subjects:
    """Finds whom an order is about."""

    table: Table
    identity: Identity

    async def find(self, kind: str, text: str) -> Subject:
        """Return who is known by a *text* of a kind: `email`, `phone` or `lead`."""
        match kind:
            case "email":
                return await self.by_email(text)
            case "phone":
                return await self.by_phone(text)
            case _:
                return await self.by_lead(text)

    async def by_email(self, email: str) -> Subject:
        """Return who writes from an *email* address, whether or not anything is held of them."""
        given = {one_spelling(email), typed(email).lower()}
        return await self._of(self.identity.contact(email, "", ""), emails=given)

    async def by_lead(self, lead: str) -> Subject:
        """Return whose *lead* it is."""
        return await self._of(contact_of(lead))

    async def by_phone(self, phone: str) -> Subject:
        """Return who has a *phone* number; `BadRequest` where several have."""
        ids = self._ids(phone)
        contacts = await self._having(phone)
        others = sorted(contacts - ids)
        if len(others) > 1:
            raise BadRequest(f"phone: {len(others)} contacts have it; say which by email or lead")
        # Of a number that somebody gave beside an address, the address is the contact.
        first = others[0] if others else min(contacts & ids or ids)
        return await self._of(first, phones={phone})

    async def _of(
        self, contact: str, emails: Iterable[str] = (), phones: Iterable[str] = ()
    ) -> Subject:
        first = await self.held(contact)
        bodies = [row for row in (*first.index, *first.own) if "raw" in row.values]
        given = [_given(row) for row in bodies]
        mails = {*emails, *(form for email, _ in given for form in _forms(email))}
        numbers = {*phones, *(phone for _, phone in given)}
        numbers |= {touch.facts["phone"] for touch in first.touches}
        mails |= {form for touch in first.touches for form in _forms(touch.facts["email"])}
        linked, tails, shared = dict[str, Held](), set[str](), set[str]()
        for number in sorted(filter(phone_tail, numbers))[:MOST_PHONES]:
            ids = self._ids(number) - {contact}
            held = await asyncio.gather(*(self.held(one) for one in sorted(ids)))
            others = await self._having(number) - ids - {contact}
            if others or any(_is_anothers(first.touches, one.touches) for one in held):
                shared.add(phone_tail(number))
                continue
            linked |= {one.contact: one for one in held}
            tails.add(phone_tail(number))
        digits = {tail for tail in tails - shared if len(tail) >= SHORTEST}
        told = sorted(filter(None, mails))[:MOST_MAILS]
        needles = Needles(frozenset(told), frozenset(digits))
        return Subject([first, *linked.values()], needles, len(shared))

    async def held(self, contact: str) -> Held:
        """Return what is held of a *contact* now."""
        return await read_held(self.table, contact, self.identity.index_name)

    def _ids(self, phone: str) -> set[str]:
        """Return the ids that contacts have of whom only this *phone* number is known."""
        made = {self.identity.contact("", one, "") for one in spellings(phone)}
        return made - {self.identity.contact("", "", "")}

    async def _having(self, phone: str) -> set[str]:
        """Return the contacts of which leads are found by a *phone* number."""
        name = self.identity.index_name(PHONE, phone_tail(phone))
        found = await everywhere(self.table, all_found(name), columns=("lead",))
        return {contact_of(row.values["lead"]) for row in found.rows}


def _given(row: Row) -> tuple[str, str]:
    """Return e-mail and phone as the *row* of a body has them, as they came."""
    try:
        person = lower_keys(
            lower_keys(read_object(row.values.get("raw") or b"")).get("userdetails")
        )
    except Unreadable:
        return "", ""
    email, phone = person.get("email"), person.get("phone")
    return str(email or ""), str(phone or "")


def _forms(email: str) -> set[str]:
    """Return an *email* address as it was typed and as all its spellings are one."""
    return {typed(email).lower(), one_spelling(email)} if one_spelling(email) else set()


def _is_anothers(these: Sequence[Touch], those: Sequence[Touch]) -> bool:
    """Say whether those touches, of a number alone, are another person's than these."""
    ours = [_name(touch) for touch in these]
    return any(
        ours and all(names_contradict(name, one) for one in ours) for name in map(_name, those)
    )


def _name(touch: Touch) -> tuple[str, str]:
    return touch.facts["first_name"], touch.facts["last_name"]
