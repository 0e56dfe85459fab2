"""Destinations: what all share: settings, sending, time-outs and plain HTTP outcomes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar

import httpx
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)

from leadshare.core.delivery import SCHEDULE, THROTTLED, Deferred, Delivery, Outcome, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import Fields, Source, Value, fill, fit, mapped
from leadshare.core.preflight import Description

LONGEST_HOLD: Final = timedelta(hours=24)
"""The cap on Retry-After; a destination that asks for more is asked again after this."""

DEFAULT_HOLD: Final = timedelta(seconds=30)
"""How long a lane waits on a 429 that names no time."""


_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")


def _from_environment(name: Any, info: ValidationInfo) -> str:
    """Replace the *name* of an environment variable by what it holds."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        # Not repeated: people put the secret itself here.
        raise ValueError("expected the name of an environment variable, such as OUR_CRM_SECRET")
    value = str((info.context or {}).get(name, ""))
    if not value:
        raise ValueError(f"environment variable {name} is not set; it must hold the secret")
    if value.startswith("@Microsoft.KeyVault("):
        raise ValueError(f"environment variable {name} is a Key Vault reference that failed")
    return value


Secret = Annotated[
    SecretStr,
    BeforeValidator(_from_environment),
    WithJsonSchema({"type": "string", "description": "Name of an environment variable"}),
]
"""A secret, named in the file and read from the environment (validation context)."""


class DestinationSettings(BaseModel):
    """What every destination can be told; each file adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """A slug; it becomes part of row keys, so renaming it makes another destination."""
    channel: Literal["crm", "field_seller", "marketplace"] = "crm"
    accepts: frozenset[Literal["test", "internal", "blank", "no_contact"]] = frozenset()
    """Special leads that this destination asks for; all others are suppressed."""
    schedule: tuple[Annotated[float, Field(ge=0)], ...] = Field(SCHEDULE, min_length=1)
    """Seconds before each attempt, counted from the one before."""
    timeout: float = Field(30, gt=0, le=50)
    """Seconds that one call may take; less than a lane's lease."""
    concurrency: int = Field(4, ge=1, le=64)
    """Calls in flight at once."""
    rate: Rate | None = None
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks, else refused, that this destination's address may lie in."""


class LandingSettings(DestinationSettings):
    """What every system can be told whose records can be read back."""

    landing: float = Field(1, ge=0, le=1)
    """The share of accepted records that are read back: 1 for all, 0 for none."""


class CrmSettings(LandingSettings):
    """What every system can be told that keeps records of leads in fields of its own."""

    fields: Fields = Field(default_factory=dict)
    """Changes of the default mapping."""
    canary: bool = False
    """Whether a test record may be written and deleted again each day, to prove the way."""


class AddressRefused(httpx.ConnectError):
    """The address is not one that leadshare may reach; the text names the host at most."""


class SignInFailed(Exception):
    """Nobody let us in, so that no request has left; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @classmethod
    def unreachable(cls, error: httpx.ConnectError) -> SignInFailed:
        """Return what it means that there was no connection."""
        refused = isinstance(error, AddressRefused)
        return cls("address_refused" if refused else "sign_in_unreachable")


S = TypeVar("S", bound=DestinationSettings)


class Destination(Generic[S]):
    """One configured follow-up system; a subclass holds only what is peculiar to it."""

    batch_size: ClassVar[int] = 1
    """Deliveries that one call takes at most."""
    RATE: ClassVar[Rate | None] = None
    """The vendor's limit, less what others need of it."""
    serial: ClassVar[bool] = False
    """Whether calls to one account must never overlap: one destination for each, then."""
    erases: ClassVar[bool] = False
    """Whether `erase` takes a record away again, so that a canary can be sent."""

    def __init__(self, settings: S, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.client = client
        self.requests = 0
        """Requests that have left, sign-ins included: what rate budgets count."""
        client.event_hooks = {"request": [self._count]}

    async def _count(self, _request: httpx.Request) -> None:
        self.requests += 1

    @property
    def name(self) -> str:
        """The destination's name in configuration, table and log."""
        return self.settings.name

    @property
    def rate(self) -> Rate | None:
        """The budget of calls: as configured, else the vendor's."""
        return self.settings.rate or self.RATE

    @property
    def reads_back(self) -> bool:
        """Whether `look_up` finds a record by its key, so that landing can be proven."""
        return isinstance(self.settings, LandingSettings)

    def lands(self, lead: str) -> bool:
        """Say whether the accepted record of *lead* is to be read back: always the same."""
        share = self.settings.landing if isinstance(self.settings, LandingSettings) else 0
        # A lead id is a keyed hash, so that its digits are as good as drawn.
        return int(lead[:8], 16) < share * 16**8

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Hand over *deliveries*, at most `batch_size`, and say what became of each."""
        return await self._asked(self.hand_over, deliveries, now)

    async def check(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read the records of *deliveries*, at most `batch_size`, back by their keys.

        `Accepted` where the record is there, `Rejected` with `MISSING` where it is not.
        """
        return await self._asked(self.look_up, deliveries, now)

    async def _asked(
        self,
        ask: Callable[[Sequence[Delivery], datetime], Awaitable[Reply]],
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> Reply:
        try:
            return await ask(deliveries, now)
        except SignInFailed as error:
            return every(deliveries, Deferred(error.reason, counts=False), failing=True)
        except httpx.TransportError as error:
            return failed(deliveries, error)

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Make the call and read its answer; a subclass that needs several calls makes them here.

        Raises `SignInFailed`, or `httpx.TransportError` where there is no answer.
        """
        response = await self.send(deliveries, now)
        return refusal(response, deliveries, now) or self.read(response, deliveries)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read back; see `check`. Only destinations that say `reads_back` are asked."""
        raise NotImplementedError

    async def describe(self, now: datetime) -> Description:  # noqa: ARG002 - subclasses need it
        """Sign in and say what records must look like; raises as `hand_over` does."""
        return Description()

    async def erase(self, delivery: Delivery, now: datetime) -> None:
        """Take the record of *delivery* away; only destinations that say `erases` are asked."""
        raise NotImplementedError

    async def send(self, deliveries: Sequence[Delivery], now: datetime) -> httpx.Response:
        """Make the call; `httpx.TransportError` where there is no answer."""
        raise NotImplementedError

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Read a 2xx or per-record answer, record by record."""
        raise NotImplementedError


C = TypeVar("C", bound=CrmSettings)


class Crm(Destination[C]):
    """A system that keeps a record for each lead, in fields that a mapping fills."""

    FIELDS: ClassVar[Mapping[str, Source]]
    """The default mapping: what each field is filled from."""
    LENGTHS: ClassVar[Mapping[str, int]] = {}
    """UTF-16 units that a field takes at most."""
    WHOLE: ClassVar[tuple[str, ...]] = ()
    """Fields whose text is wrong once it is cut."""
    NOTES: ClassVar[str] = ""
    """The field of free text, which takes what is too long for another."""

    def __init__(self, settings: C, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.mapping = mapped(self.FIELDS, settings.fields)

    def values(self, delivery: Delivery) -> dict[str, Value]:
        """Return the fields of *delivery*'s record, filled and fitted."""
        filled = fill(self.mapping, delivery.record)
        notes = self.NOTES if self.NOTES in self.mapping else ""
        return fit(filled, self.LENGTHS, whole=self.WHOLE, notes=notes)

    @property
    def sources(self) -> Mapping[str, Source]:
        """What fills each field of whatever is written; of another object as `object.field`."""
        return self.mapping

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return what is written for *delivery*, by the names of `sources`."""
        return self.values(delivery)


def refusal(
    response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> Reply | None:
    """Return what a whole-call refusal means for every delivery; None if records were judged."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        hold = retry_after(response, now) or DEFAULT_HOLD
        return every(deliveries, Deferred(THROTTLED, counts=False), status=status, hold=hold)
    if status == httpx.codes.GONE:
        return every(deliveries, Deferred("gone", counts=False), status=status, gone=True)
    if status in _FAILING or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        reason = _FAILING.get(status, f"http_{status}")
        asked = retry_after(response, now)
        return every(deliveries, Deferred(reason), status=status, hold=asked, failing=True)
    if 300 <= status < 400:  # noqa: PLR2004 - the 3xx class
        return every(deliveries, Deferred("redirected"), status=status, failing=True)
    return None


_FAILING: Final = {
    401: "unauthorised",
    403: "forbidden",
    407: "proxy_refused",
    408: "timeout",
    423: "locked",
    425: "too_early",
}


NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which it is certain that no request left: there was no connection."""


def failed(deliveries: Sequence[Delivery], error: httpx.TransportError) -> Reply:
    """Return the reply to a call that got no answer: all unclear, the destination failing.

    Where no connection was had, no request left, so the attempt does not count.
    """
    if isinstance(error, NOTHING_LEFT):
        reason = "address_refused" if isinstance(error, AddressRefused) else "unreachable"
        return every(deliveries, Deferred(reason, counts=False), failing=True)
    timed_out = isinstance(error, httpx.TimeoutException)
    reason = "timeout" if timed_out else "connection_lost"
    return every(deliveries, Deferred(reason), failing=True)


def every(  # noqa: PLR0913 - the fields of a reply
    deliveries: Sequence[Delivery],
    outcome: Outcome,
    *,
    status: int = 0,
    hold: timedelta | None = None,
    failing: bool = False,
    gone: bool = False,
) -> Reply:
    """Return a reply with the same *outcome* for all *deliveries*."""
    return Reply((outcome,) * len(deliveries), status, hold, failing, gone)


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Read Retry-After in both its forms, at most `LONGEST_HOLD`; None if absent or unreadable.

    RFC 9110, section 10.2.3.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), LONGEST_HOLD.total_seconds())
        return timedelta(seconds=seconds)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return min(max(at - now, timedelta(0)), LONGEST_HOLD)


def object_in(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object answered; whatever else it was is as good as an empty one."""
    try:
        value = response.json()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
