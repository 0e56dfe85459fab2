"""Client: the addresses of names, looked up so that no name holds up another, or anything else."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock, Thread
from typing import Final

KEPT: Final = 60.0
"""Seconds for which an answer is used again."""

AT_ONCE: Final = 32
"""Names that are looked up at once, at most: a name whose servers are dead takes half a minute."""

MOST: Final = 256
"""Names whose addresses are kept."""

Ask = Callable[[str], Sequence[str]]


def ask_system(host: str) -> list[str]:
    """Return the addresses of *host*, a name or an address in any notation; it may take long."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [_with_scope(*sockaddr) for *_, sockaddr in found]


def _with_scope(address: str, _port: int, _flow: int = 0, scope: int = 0) -> str:
    return f"{address}%{scope}" if scope else address


class Names:
    """Looks names up, each in a thread of its own and one at a time.

    The system's resolver cannot be stopped. In the event loop's pool of threads, which the SDKs
    of Azure resolve in as well, six names whose servers are dead would keep all others waiting
    (python/cpython#112169).
    """

    def __init__(self, ask: Ask = ask_system, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._asked: dict[str, Future[Sequence[str]]] = {}
        self._kept: dict[str, tuple[float, Sequence[str]]] = {}
        self._keeping = Lock()

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of *host*; `OSError` or `UnicodeError` where there are none.

        Who gives up waiting leaves the look-up to the next who asks for that name.
        """
        until, addresses = self._kept.get(host, (0.0, ()))
        if self._clock() < until:
            return addresses
        answer = self._asked.get(host) or self._begin(host)
        return await asyncio.wrap_future(answer)

    def _begin(self, host: str) -> Future[Sequence[str]]:
        if len(self._asked) >= AT_ONCE:
            raise OSError("too many names are being looked up")
        answer = self._asked[host] = Future[Sequence[str]]()
        answer.set_running_or_notify_cancel()  # from now on nobody's giving up cancels it
        Thread(target=partial(self._look_up, host, answer), daemon=True).start()
        return answer

    def _look_up(self, host: str, answer: Future[Sequence[str]]) -> None:
        try:
            addresses = self._ask(host)
        except Exception as error:  # noqa: BLE001 - for whoever waits
            self._asked.pop(host)
            answer.set_exception(error)
        else:
            self._keep(host, addresses)
            self._asked.pop(host)
            answer.set_result(addresses)

    def _keep(self, host: str, addresses: Sequence[str]) -> None:
        with self._keeping:
            self._kept.pop(host, None)
            for oldest in list(self._kept)[: 1 - MOST]:
                self._kept.pop(oldest)
            self._kept[host] = self._clock() + KEPT, addresses


NAMES: Final = Names()
"""Those of this process: destinations of one host share its look-up."""
