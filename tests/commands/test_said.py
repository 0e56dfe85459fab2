"""What a system said of a lead, as lists and stories tell it to whom persons may be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.commands.deployment.manage import Manage
from leadshare.commands.leads import reading
from leadshare.commands.leads.story import draw
from leadshare.deliveries.delivery import Deferred, Rejected
from tests.builders import PERSON, Office, touch
from tests.commands.conftest import said

WORDS = f"{PERSON['Email']} is no address"


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office with one lead, which no system takes."""
    office = Office()
    await office.take(1, Email=PERSON["Email"])
    await office.finish("crm", Rejected("bad_email", said=WORDS))
    await office.finish("sellers", Deferred("http_500", said=WORDS))
    return office


@pytest.fixture(name="told")
async def _told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that answers what that office tells."""
    answers: dict[tuple[str, bool], dict[str, Any]] = {
        (state, persons): await replace(office.lists, persons=persons).deliveries(state, {}, 9, "")
        for state in ("parked", "due")
        for persons in (False, True)
    }

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        return httpx.Response(200, json=answers[asked["state"], "persons" in asked])

    @contextmanager
    def connected(_app: str, *, persons: bool) -> Iterator[Manage]:
        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            yield Manage(client, "http://127.0.0.1", persons=persons)

    monkeypatch.setattr(reading, "connected", connected)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("command", ["parked", "queue"])
class TestLists:
    def test_persons(self, command):
        """With persons there is a column of what was said, and for programs a name."""
        told = said(command, "--persons")
        [one] = json.loads(said(command, "--persons", "--json").out)["deliveries"]

        assert "said" == told.out.splitlines()[1].split()[-1]
        assert WORDS in told.words
        assert WORDS == one["said"]

    def test_without(self, command):
        """Without there is neither."""
        told = said(command)

        assert touch(Email=PERSON["Email"]).lead[:8] in told.words
        assert "said" not in told.out + said(command, "--json").out


class TestStory:
    @pytest.mark.parametrize("persons", [True, False])
    async def test_last(self, office, capsys, persons):
        """A story tells of each delivery what was said last, where persons are shown."""
        lead = touch(Email=PERSON["Email"]).lead
        story = await replace(office.lists, persons=persons).lead(lead)
        draw(story)

        shown = " ".join(capsys.readouterr().out.split())
        assert (2 if persons else 0) == shown.count(f"in its words {WORDS}")
        assert shown.count("last said") == len(story["deliveries"])
