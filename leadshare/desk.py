"""Use case: the operators' desk: read what a request asks for, name what is wrong, answer it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from leadshare.body import read_object
from leadshare.core.delivery import State
from leadshare.core.lane import Rate
from leadshare.core.times import END, EPOCH
from leadshare.errors import BadRequest, ConfigurationError, Unreadable
from leadshare.health import Health
from leadshare.management import Management
from leadshare.replay import Classifier, Replayer, Window
from leadshare.shelf import Shelf
from leadshare.worklist import Csv, Worklist, to_csv

_LEAD: Final = re.compile("[0-9a-f]{32}-[0-9a-f]{16}")
_NUMBER: Final = re.compile("[1-9][0-9]{0,2}")

PAGE: Final = 50
LARGEST_PAGE: Final = 200


class Running(Protocol):
    """What the desk needs of a configuration that can run."""

    @property
    def classifier(self) -> Classifier: ...
    @property
    def rates(self) -> Mapping[str, Rate | None]: ...
    @property
    def tables(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers operators; `running` raises while the configuration is wrong."""

    management: Management
    standing: Health
    replayer: Replayer
    shelf: Shelf
    worklist: Worklist
    running: Callable[[], Running]
    build: str
    """Which build of the app this is."""

    async def health(self) -> dict[str, Any]:
        """Return how things stand, with what is wrong with the configuration, if anything is."""
        try:
            running = self.running()
            names, tables, configuration = list(running.rates), running.tables, "ok"
        except ConfigurationError as error:
            names, tables, configuration = [], (), str(error)
        told = {"configuration": configuration, "build": self.build}
        return told | await self.standing.tell(names, tables)

    async def destinations(self) -> dict[str, Any]:
        """Return how each destination's lane stands."""
        return await self.standing.destinations(self.running().rates)

    async def leads(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of leads, newest first."""
        where = _where(query, "storefront", "listing", "stage")
        return await self.management.leads(where, _time(query, "since"), *_page(query))

    async def lead(self, lead: str) -> dict[str, Any]:
        """Return one lead's whole story."""
        return await self.management.lead(lead)

    async def deliveries(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of the deliveries in one state."""
        where = _where(query, "reason", "destination")
        return await self.management.deliveries(_state(query), where, *_page(query))

    async def quarantine(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of the touches in quarantine."""
        return await self.management.quarantine(_where(query, "reason"), *_page(query))

    async def referrals(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of referrals, which are no leads."""
        return await self.shelf.page(_where(query, "kind", "status"), *_page(query))

    async def replay(self, body: bytes) -> dict[str, Any]:
        """Replay parked deliveries, or what is in quarantine; counted only, unless told."""
        values = _order(body)
        what, window, dry_run = _replay(values)
        if what == "deliveries":
            return await self.replayer.replay(window, dry_run=dry_run, by=values["by"])
        classifier = self.running().classifier
        return await self.replayer.reclassify(window, classifier, dry_run=dry_run, by=values["by"])

    async def list_work(self, query: Mapping[str, str]) -> dict[str, Any] | Csv:
        """Return a page of the worklist, as JSON unless CSV is asked for."""
        form = query.get("format") or "json"
        if form not in ("json", "csv"):
            raise BadRequest("format: expected json or csv")
        told = await self.worklist.page(query.get("destination", ""), *_page(query))
        return to_csv(told) if form == "csv" else told

    async def do_work(self, body: bytes) -> dict[str, Any]:
        """Take down what a person has done of the worklist."""
        values = _order(body)
        destination, leads = _destination(values), _leads(values)
        return await self.worklist.done(destination, leads, values["by"])

    async def enable(self, body: bytes) -> dict[str, Any]:
        """Enable a disabled destination."""
        values = _order(body)
        return await self.replayer.enable(_destination(values), values["by"])


def _page(query: Mapping[str, str]) -> tuple[int, str]:
    """Return the page size and the token asked for."""
    text = query.get("limit", str(PAGE))
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_PAGE:
        raise BadRequest(f"limit: expected a whole number from 1 to {LARGEST_PAGE}")
    return int(text), query.get("after", "")


def _where(query: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return those filters among *names* that are given."""
    return {name: query[name] for name in names if query.get(name)}


def _time(values: Mapping[str, Any], name: str) -> datetime | None:
    """Return the instant at *name*, ISO 8601, or None if it is not given."""
    if not values.get(name):
        return None
    try:
        instant = datetime.fromisoformat(str(values[name]))
    except ValueError:
        raise BadRequest(f"{name}: expected a time such as 2026-01-31T12:00:00Z") from None
    instant = instant.replace(tzinfo=instant.tzinfo or UTC)
    # What is before or after all times that a key can tell is as good as the first or last.
    return min(max(instant, EPOCH), END).astimezone(UTC)


def _state(query: Mapping[str, str]) -> str:
    """Return the state asked for; parked is what operators look for."""
    text = query.get("state", State.PARKED)
    if text not in list(State):
        raise BadRequest(f"state: expected one of {', '.join(State)}")
    return text


def _order(body: bytes) -> dict[str, Any]:
    """Return an order's JSON object; who orders must be told."""
    try:
        values = read_object(body)
    except Unreadable:
        raise BadRequest("body: expected a JSON object") from None
    if not isinstance(values.get("by"), str) or not values["by"].strip():
        raise BadRequest("by: expected who asks for this, for the record")
    return values


def _replay(values: Mapping[str, Any]) -> tuple[str, Window, bool]:
    """Return what to replay, its window, and whether it is only counted: the default."""
    what = values.get("what", "deliveries")
    if what not in ("deliveries", "quarantine"):
        raise BadRequest("what: expected deliveries or quarantine")
    dry_run = values.get("dry_run", True)
    if not isinstance(dry_run, bool):
        raise BadRequest("dry_run: expected true or false")
    window = Window(
        destination=_text(values, "destination"),
        reason=_text(values, "reason"),
        since=_time(values, "since"),
        until=_time(values, "until"),
    )
    return what, window, dry_run


# What an order narrows by is logged with it, and so it must be able to name no person.
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,255}")


def _text(values: Mapping[str, Any], name: str) -> str:
    """Return the name or code at *name*, nothing if it is not given."""
    value = values.get(name) or ""
    if not isinstance(value, str) or (value and not _CODE.fullmatch(value)):
        raise BadRequest(f"{name}: expected a text of letters, digits, and the signs _ . -")
    return value


def _destination(values: Mapping[str, Any]) -> str:
    """Return the destination that an order is about."""
    name = _text(values, "destination")
    if not name:
        raise BadRequest("destination: expected the name of a destination")
    return name


def _leads(values: Mapping[str, Any]) -> list[str]:
    """Return the leads that an order is about, as many as a page has at most."""
    leads = values.get("leads")
    told = isinstance(leads, list) and 0 < len(leads) <= LARGEST_PAGE
    if not told or not all(isinstance(one, str) and _LEAD.fullmatch(one) for one in leads or ()):
        raise BadRequest(f"leads: expected a list of 1 to {LARGEST_PAGE} lead ids")
    return list(leads or ())
