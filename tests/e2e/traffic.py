"""What customers and the marketplace do in the kill test: a plan, and the sender that posts it."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from queue import Empty, SimpleQueue
from typing import Final

import httpx

from tests.builders import post

LISTINGS: Final = {
    "contoso.invoice-robot": "SPZA",
    "contoso.ledger-review": "AppSource",
    "contoso.metrics": "AzureMarketplace",
}
"""Listings by the source that their leads come from."""

ACTIONS: Final = ("PLT", "INS", "StartTestDrive", "Create")
UNREADABLE: Final = (b"[1]", b'"text"', b'{"UserDetails":', b"\xff\xfe\xfd", b"[" * 20_000)
REPEATED: Final = 0.15
STRANDS: Final = 3

Lead = tuple[str, str]
"""E-mail and listing."""


@dataclass
class Traffic:
    """What is posted, in order, and what must come of it."""

    posts: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body."""
    wanted: Counter[Lead] = field(default_factory=Counter)
    """Leads that must arrive, by how many touches count."""
    special: set[Lead] = field(default_factory=set)
    """Leads that must never arrive: do not contact, tests, the publisher's own."""


def plan(leads: int, seed: int) -> Traffic:
    """Return the traffic of so many leads, with repeats and bodies that nobody can read."""
    chance, traffic = random.Random(seed), Traffic()  # noqa: S311 - a test's plan
    customer = 0
    while len(traffic.wanted) + len(traffic.special) < leads:
        customer += 1
        kind = chance.choices(("customer", "test", "internal"), (90, 6, 4))[0]
        domain = "contoso.example" if kind == "internal" else f"customer{customer}.example"
        person = {
            "Email": f"buyer{customer}@{domain}",
            "LastName": "MSFT_TEST_1" if kind == "test" else "Müller 🦄",
        }
        for listing in chance.sample(list(LISTINGS), chance.choice((1, 1, 2, 3))):
            _add(traffic, person, listing, kind, chance)
    # Each of them in every plan, for the test asks for each reason.
    traffic.posts += [("", body) for body in islice(cycle(UNREADABLE), leads // 20)]
    chance.shuffle(traffic.posts)
    return traffic


def _add(
    traffic: Traffic, person: dict[str, str], listing: str, kind: str, chance: random.Random
) -> None:
    """Add one lead's touches."""
    lead = person["Email"], listing
    count = chance.choice((0, 1, 1, 1, 1, 1, 2, 2, 3, 4))
    actions = chance.sample(ACTIONS, count)
    if kind == "customer" and actions:
        traffic.wanted[lead] = len(actions)
    else:
        traffic.special.add(lead)
    if not actions or chance.random() < REPEATED:
        actions.append("DNC")
    for action in actions:
        source = f"{LISTINGS[listing]}-{action}|{listing}"
        body = post(**person, LeadSource=source, ActionCode=action, OfferTitle="")
        path = chance.choice(("", f"/{listing}"))
        times = 2 if chance.random() < REPEATED else 1
        traffic.posts += [(path, json.dumps(body).encode())] * times


class Sender:
    """Posts all traffic, each post until it is answered; `url` is where to, if anywhere."""

    def __init__(self, posts: Sequence[tuple[str, bytes]], url: str = "") -> None:
        self.url = url
        self.kept: dict[str, str] = {}
        """Touches answered 2xx, by what was said of them."""
        self.refused: list[int] = []
        """Statuses of answers that were no 2xx."""
        self.unanswered = 0
        self._queue: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
        for one in posts:
            self._queue.put(one)
        self._released, self._stopped = threading.Semaphore(0), threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(STRANDS)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send what is released, until the end of the block."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            self._released.release(STRANDS)
            for thread in self._threads:
                thread.join()

    def release(self, count: int) -> None:
        """Let so many more posts go, as fast as they are answered."""
        self._released.release(count)

    def done(self) -> bool:
        """Say whether every post is answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        with httpx.Client(timeout=10) as web:
            while self._released.acquire() and not self._stopped.is_set():
                try:
                    path, body = self._queue.get_nowait()
                except Empty:
                    return
                while not self._stopped.is_set() and not self._sent(web, path, body):
                    self._stopped.wait(0.05)

    def _sent(self, web: httpx.Client, path: str, body: bytes) -> bool:
        """Post once; say whether it was answered 2xx."""
        if not self.url:
            return False
        try:
            answer = web.post(f"{self.url}/api/leads{path}", content=body)
        except httpx.TransportError:
            self.unanswered += 1
            return False
        if not answer.is_success:
            self.refused.append(answer.status_code)
            return False
        told = answer.json()
        self.kept[told["touch"]] = told["status"]
        return True
