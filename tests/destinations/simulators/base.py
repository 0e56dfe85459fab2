"""Simulators: what the contract suite asks of each: a protocol over a store, and faults."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, ClassVar, get_args

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination


class Fault(Enum):
    """What befalls the next calls that write, one each; see `Simulator.faults`."""

    NONE = auto()
    LOST_BEFORE = auto()
    """The connection breaks before anything is done."""
    LOST_AFTER = auto()
    """The connection breaks once everything is done."""
    THROTTLED = auto()
    """Too many requests, with the vendor's way to say for how long."""
    THROTTLED_VAGUELY = auto()
    """Too many requests, and no word on how long."""
    UNAVAILABLE = auto()
    """The vendor's server is down."""
    EXPIRED = auto()
    """The token has ended, as the vendor says it."""
    PAGE = auto()
    """Something on the way answers 200 and a page of its own."""
    FORGETFUL = auto()
    """Everything looks taken, and nothing is stored."""


class Simulator(ABC):
    """One account at a vendor's."""

    SETTINGS: ClassVar[Mapping[str, Any]]
    """What the configuration says of a destination that is this account."""
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {}
    """The secrets that it names."""
    RETRY_AFTER: ClassVar[float | None] = 17
    """Seconds that a throttled call is asked to wait; None where the vendor never says."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.blind = Fault.NONE
        """What befalls every call that only reads."""
        self.played: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None
        """What a test has answered instead; None for what the account answers itself."""
        self.requests: list[httpx.Request] = []
        self.exchanges: list[tuple[httpx.Request, httpx.Response]] = []
        self.writes = 0
        """Requests that wrote, or tried to."""
        self.sign_ins = 0
        self.signed_out = False
        """Whether every token is refused, new ones too."""
        self.refused: set[str] = set()
        """E-mail addresses whose record the account refuses for good."""
        self.lacks: set[str] = set()
        """Fields that the publisher has removed from the account."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*; `httpx.TransportError` where the connection breaks."""
        answer = self._handled(request)
        self.exchanges.append((request, answer))
        return answer

    def _handled(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if (played := self.played(request)) is not None:
            return played
        if not self.is_write(request):
            return self._instead(self.blind) or self.answer(request, store=True)
        self.writes += 1
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if fault is Fault.LOST_BEFORE:
            raise httpx.ReadError("connection reset", request=request)
        if instead := self._instead(fault):
            return instead
        answer = self.answer(request, store=fault is not Fault.FORGETFUL)
        if fault is Fault.LOST_AFTER:
            raise httpx.RemoteProtocolError("server disconnected", request=request)
        return answer

    def _instead(self, fault: Fault) -> httpx.Response | None:
        """Return what is answered instead of doing anything."""
        match fault:
            case Fault.THROTTLED:
                return self.throttled(vaguely=False)
            case Fault.THROTTLED_VAGUELY:
                return self.throttled(vaguely=True)
            case Fault.UNAVAILABLE:
                return self.unavailable()
            case Fault.EXPIRED:
                return self.expired()
            case Fault.PAGE:
                return httpx.Response(200, html="<p>Sign in to the network</p>")
        return None

    @abstractmethod
    def is_write(self, request: httpx.Request) -> bool:
        """Say whether *request* creates or changes records: what faults befall."""

    @abstractmethod
    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Answer *request* as the vendor does; without *store*, keep nothing of what it writes."""

    @abstractmethod
    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """Return the account's records of *delivery*'s lead, as names and values: one is right."""

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """Answer that there were too many requests."""
        headers = {} if vaguely else {"Retry-After": f"{self.RETRY_AFTER:g}"}
        return httpx.Response(429, headers=headers)

    def unavailable(self) -> httpx.Response:
        """Answer that the server is down."""
        return httpx.Response(503, text="Service Unavailable")

    def expired(self) -> httpx.Response:
        """Answer that the token has ended."""
        return httpx.Response(401)

    def destination(self, **changes: Any) -> Destination[Any]:
        """Return the destination that delivers to this account."""
        return destination_of({**self.SETTINGS, **changes}, self.ENVIRONMENT, self.handle)


class Worked(Simulator):
    """An account of a system that keeps records, which sellers work with."""

    ENDS: ClassVar[tuple[str, ...]] = ()
    """How a record ends whose fields are nobody's to write any more: won, merged and the like."""

    FINDS: ClassVar[bool] = True
    """Whether a lead's first delivery can find what was there before us."""

    CAMPAIGN: ClassVar[str] = ""
    """Its own id of a campaign that leads may join; "" where it has none."""

    LIST: ClassVar[str] = ""
    """Its own id of a list that can be left; "" where it has none."""

    def __init__(self) -> None:
        super().__init__()
        self.entries_refused = False
        """Whether the account lets us put nothing in a timeline, and all else is as ever."""
        self.campaigns_refused = False
        """Whether it lets us put nobody in a campaign or on a list, and all else is as ever."""

    @abstractmethod
    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        """Let a seller write *fields*, by their names in the mapping, whatever stood there.

        None clears a field.
        """

    @abstractmethod
    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        """Put a record there that the first delivery of a lead will find, and that is not ours."""

    @abstractmethod
    def timeline(self, delivery: Delivery) -> Sequence[str]:
        """Return what each entry says that the lead was told by, wherever it lives on.

        Subject and text, in the order in which the entries were made.
        """

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        """Return what each task says that people were given about the lead, subject and text."""
        raise NotImplementedError

    def member_of(self, delivery: Delivery, into: str) -> int:
        """Return how often the lead's customer is in a campaign or on a list: once is right."""
        raise NotImplementedError

    def shows(self) -> Any:
        """Return all that people can see in the account: records, timelines, tasks; no bin."""
        raise NotImplementedError

    def win(self, delivery: Delivery) -> None:
        """Let a seller win a deal of the lead, where that is told by calls of another kind."""

    def end(self, delivery: Delivery, how: str) -> None:
        """Let a record end; see `ENDS`."""
        raise NotImplementedError(how)


TYPES = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in DESTINATIONS}
"""What each type of destination can be told."""

CALLING = sorted({*TYPES} - {"partner_center_leads"})
"""The types that call a system, each of which has a simulator; what the other asks, people do."""


def destination_of(
    told: Mapping[str, Any], environment: Mapping[str, str], handle: Any
) -> Destination[Any]:
    """Return the destination that *told* describes; *handle* answers its calls."""
    kind = TYPES[told["type"]]
    settings = kind.model_validate(told, context=environment)
    return DESTINATIONS[kind](settings, httpx.AsyncClient(transport=_Transport(handle)))


class _Transport(httpx.AsyncBaseTransport):
    """Answers by a function; concurrent calls take turns, as on a network."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await asyncio.sleep(0)
        answer: httpx.Response = self._handle(request)
        answer.request = request
        return answer
