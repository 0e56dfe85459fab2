"""Quarantine: a message that cannot be classified is kept whole, once."""

from __future__ import annotations

import hashlib
import json
import logging

import pytest

from leadshare.errors import StorageError
from leadshare.leads.quarantine import Quarantine
from tests.builders import NOW, message, minutes, post
from tests.memory import MemoryTable

LATER = NOW + minutes(5)


@pytest.fixture(name="table")
def _table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture(name="quarantine")
def _quarantine(table: MemoryTable) -> Quarantine:
    return Quarantine(table, lambda: LATER)


class TestKeep:
    async def test_envelope(self, table, quarantine):
        """A touch is kept under its own time and id, with the whole message and the reason."""
        sent = message(b"no json", 0xA7, NOW)

        await quarantine.keep(sent, LATER, "not_json")

        touch = f"{0xA7:032x}"
        [(place, (values, _))] = table.rows.items()
        assert ("0", f"quarantine|1795348800000|{touch}") == place
        assert {
            "touch": touch,
            "reason": "not_json",
            "message": sent,
            "updated": "2026-11-22T12:05:00.000Z",
        } == values

    async def test_no_envelope(self, table, quarantine):
        """What is no envelope is kept under the time it was queued and the hash of what it is."""
        await quarantine.keep(b"\xff", NOW, "not_an_envelope")

        name = hashlib.sha256(b"\xff").hexdigest()[:32]
        [(place, (values, _))] = table.rows.items()
        assert (name[0], f"quarantine|1795348800000|{name}") == place
        assert (name, b"\xff") == (values["touch"], values["message"])

    async def test_time_of_no_time(self, table, quarantine):
        """An envelope with a time that no clock shows is kept like any that is none."""
        inner = json.loads(message(b"{}"))["touch"] | {"received": "0001-01-01T00:00:00+14:00"}
        sent = json.dumps({"v": 1, "touch": inner}).encode()

        await quarantine.keep(sent, NOW, "poison")

        assert [sent] == [values["message"] for values in table.values("quarantine")]

    async def test_twice(self, table, quarantine):
        """The same message twice is one row; the reason is the last."""
        for reason in ("crashed", "poison"):
            await quarantine.keep(message(post()), NOW, reason)

        assert ["poison"] == [values["reason"] for values in table.values("quarantine")]

    @pytest.mark.parametrize("body", [b"\xff", b"{}"])
    async def test_queued_anew(self, table, quarantine, body):
        """What the host queues twice when it gives up on it is one row, whatever time it has
        then.
        """
        for at in (NOW, LATER):
            await quarantine.keep(body, at, "poison")

        [(_, key)] = table.rows
        assert key.startswith("quarantine|1795348800000|")

    async def test_storage_fails(self, table, quarantine):
        """What cannot be kept now is not given up: the message comes back."""

        async def fail(*_):
            raise StorageError("the table is out of reach")

        table.write = fail

        with pytest.raises(StorageError):
            await quarantine.keep(message(post()), NOW, "crashed")

    async def test_told(self, quarantine, caplog):
        """The log tells which touch and why, and nothing of it."""
        caplog.set_level(logging.DEBUG)

        await quarantine.keep(message(post(), 7), NOW, "crashed")

        [record] = caplog.records
        assert ("touch.quarantined", logging.WARNING) == (record.getMessage(), record.levelno)
        assert (f"{7:032x}", "crashed") == (record.touch, record.reason)
