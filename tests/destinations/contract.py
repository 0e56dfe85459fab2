"""A simulated account of any kind, and deliveries to it."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from leadshare.deliveries.delivery import Accepted, Delivery, Reply
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import LookUpSettings
from leadshare.lifecycle.step import Step, Verb
from tests.builders import NOW, delivery, record
from tests.destinations.simulators.base import Simulator

CODE: Final = re.compile(r"[a-z][a-z0-9_.]{0,79}", re.IGNORECASE)


def account(kind: str) -> Simulator:
    """The simulator of a kind of destination."""
    module = importlib.import_module(f"tests.destinations.simulators.{kind}")
    made: Simulator = module.Account()
    return made


def reads_back(there: Destination[Any]) -> bool:
    """Whether accepted records are looked up, so that look-ups can be proven."""
    return isinstance(there.settings, LookUpSettings)


def person(number: int, version: int = 1, **changes: Any) -> Delivery:
    """The delivery of customer *number*, who has an address of their own."""
    lead = f"{number:032x}-fedcba9876543210"
    told = {"email": f"buyer{number}@fabrikam.example", "last_name": f"Buyer {number}", **changes}
    return delivery(version=version, lead=lead, record=record(lead=lead, version=version, **told))


def stepping(simulator: Simulator, one: Delivery, verb: Verb) -> Delivery:
    """A step of a track that is due for what was delivered."""
    into = getattr(simulator, "LIST", "") if verb in (Verb.LIST, Verb.LEAVE) else ""
    name = hashlib.sha256(f"{one.lead} {verb}".encode()).hexdigest()[:32]
    due = "2026-11-25T09:00:00.000Z" if verb is Verb.TASK else ""
    return replace(one, step=Step(name, "nurture", verb, "Send them the price list.", into, due))


def forgetting(one: Delivery, record_id: str = "") -> Delivery:
    """The order to take the person out of what was delivered: nothing of the person is told."""
    values: dict[str, Any] = dict(one.record)
    blank = {name: type(value)() for name, value in values.items()}
    kept = {name: values[name] for name in ("lead", "listing", "first_touch", "last_touch")}
    told: Any = {**blank, **kept}
    return Delivery(one.lead, one.destination, 0, told, NOW, record_id=record_id)


def again(one: Delivery, **changes: Any) -> Delivery:
    """The same delivery after an attempt whose outcome is not known."""
    return replace(one, attempts=one.attempts + 1, **changes)


async def writes_of(simulator: Simulator, one: Delivery) -> int:
    """How many calls write *one* in an account of this kind that is new."""
    anew = type(simulator)()
    await anew.destination().deliver([one], NOW)
    return anew.writes


def check_codes(reply: Reply) -> None:
    """Check that reasons are codes, which quote nothing."""
    for outcome in reply.outcomes:
        assert isinstance(outcome, Accepted) or CODE.fullmatch(outcome.reason)


def lost(request: Any) -> Any:
    """A line that is dead."""
    import httpx  # noqa: PLC0415 - for this alone

    raise httpx.ConnectError("refused", request=request)


SAMPLES: Final = (
    person(1),
    person(
        2,
        storefront="azure_marketplace",
        campaign_kind="in-demand generation",
        intent="purchase",
        stage="nurturing",
        score=40,
        country="US",
        notes="Line one\nLine <two> & more",
    ),
    person(3, category="no_contact", stage="no_contact", score=0, reasons=[], intent="none"),
    person(
        4,
        first_name="",
        company="",
        phone="",
        job_title="",
        company_domain="",
        campaign="",
        campaign_name="",
    ),
)


_VARYING: Final = re.compile(
    rb"(batch_)?[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)


def shown(request: Any) -> dict[str, Any]:
    """A request as a person reads it; what differs each time left out."""
    body = _VARYING.sub(b"*", request.content)
    try:
        content = TypeAdapter(Any).validate_json(body)
    except ValueError:
        content = body.decode("utf-8", "replace").splitlines()
    return {"method": request.method, "url": str(request.url), "body": content}


def told(found: Any) -> str:
    """All that a record says."""
    return json.dumps(found, ensure_ascii=False, default=str)
