"""A release of intake, as the platform's default makes one: what it costs, and what it must not."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from leadshare.local.deploy.package import INTAKE_APP
from tests.builders import post
from tests.e2e import process
from tests.e2e.process import ROOT, Host, quick, until
from tests.e2e.storage import of_kind, queued, scan
from tests.laws.checker import violations

POSTS: Final = 200
BEFORE: Final = 80
"""Posts sent before intake is told to end; the last `AFTER` are sent when it is there again."""

AFTER: Final = 50
PACE: Final = 0.02
"""Seconds between two posts, each of which is sent once, as Partner Center sends them."""

CONFIGURATION: Final = 'internal_domains = ["contoso.example"]\n[[route]]\nto = []\n'


def test_restart(new_account: Callable[[], str], tmp_path: Path) -> None:
    """Whatever was answered 2xx is kept, though intake restarts; what was refused is counted."""
    storage, file = new_account(), tmp_path / "leadshare.toml"
    file.write_text(CONFIGURATION)
    folder = ("--folder", str(ROOT / INTAKE_APP))
    with (
        process.running(quick(storage, file), tmp_path / "main.log"),
        ThreadPoolExecutor(16) as pool,
        httpx.Client(timeout=30) as web,
    ):
        # It has no other setting: neither an identity key nor a configuration.
        settings = {"LEADSHARE_STORAGE": storage}
        intake = Host(settings, tmp_path / "intake-1.log", *folder).wait()
        url = f"{intake.url}/api/leads/contoso.invoice-robot"

        def send(numbers: range) -> list[Future[str]]:
            sent = []
            for number in numbers:
                sent.append(pool.submit(_post, web, url, number))
                time.sleep(PACE)  # the moment is what is tested
            return sent

        first = send(range(BEFORE))
        ending = pool.submit(intake.stop)
        amid = send(range(BEFORE, POSTS - AFTER))
        ending.result()
        down = time.monotonic()
        port = str(urlsplit(intake.url).port)
        with process.running(settings, tmp_path / "intake-2.log", *folder, "--port", port):
            back = time.monotonic() - down
            last = send(range(POSTS - AFTER, POSTS))
            answers = [[one.result() for one in part] for part in (first, amid, last)]
        until(lambda: not queued(storage), 60)
    rows = scan(storage)
    taken = [[one for one in part if len(one) == TOUCH] for part in answers]
    refused = Counter(one for part in answers for one in part if len(one) != TOUCH)
    told = {"posted": POSTS, "taken": sum(map(len, taken)), "refused": dict(refused)}
    print(json.dumps(told | {"start_seconds": round(back, 1)}))  # noqa: T201 - shown when it fails

    assert AFTER == len(taken[2])
    assert POSTS == sum(map(len, taken)) + refused.total()
    assert refused.total() > 0  # it did end amid them
    kept = Counter(key.split("|")[2] for key, _ in of_kind(rows, "touch"))
    assert {one for part in taken for one in part} <= kept.keys()
    assert {1} == {*kept.values()}
    assert [] == violations(rows)


TOUCH: Final = 32
"""Characters of a touch's id, of which no word for a refusal has so many."""


def _post(web: httpx.Client, url: str, number: int) -> str:
    """Post a lead once; return the touch that it was taken as, or how it was refused."""
    body = json.dumps(post(Email=f"person-{number}@fabrikam.example")).encode()
    try:
        answer = web.post(url, content=body)
    except httpx.TransportError as error:
        return type(error).__name__
    return str(answer.json()["touch"]) if answer.is_success else str(answer.status_code)
