"""Logs: one JSON line for each event, and no free text of anybody's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from leadshare.telemetry import logs
from leadshare.telemetry.logs import JsonLine


class Lines(logging.Handler):
    """A handler as the host has one, keeping its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))

    @property
    def last(self) -> Any:
        """The last line, read."""
        assert "\n" not in self.lines[-1]
        return json.loads(self.lines[-1])


@pytest.fixture(name="lines")
def _lines() -> Iterator[Lines]:
    """The root's handler, and its loggers' levels afterwards as before."""
    root, handler, head = logging.getLogger(), Lines(), logs.CARRIED.head
    logs.CARRIED.carry("")
    before = {name: logging.getLogger(name).level for name in QUIET}
    formatters = [(one, one.formatter) for one in root.handlers]
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logs.install()
    yield handler
    logs.CARRIED.carry(head)
    root.removeHandler(handler)
    root.setLevel(level)
    for name, old in before.items():
        logging.getLogger(name).setLevel(old)
    for one, formatter in formatters:
        one.setFormatter(formatter)


QUIET = ("aiohttp", "asyncio", "azure", "httpcore", "httpx", "msal", "urllib3")
log = logging.getLogger("leadshare.test")


class TestOurs:
    def test_head(self, lines):
        """Each line carries the head of the chain, from when it is known."""
        log.info("fine")
        assert "chain" not in lines.last

        logs.CARRIED.carry("12 0123456789abcdef")
        log.info("fine")
        logging.getLogger("some.library").warning("canary")
        assert ["12 0123456789abcdef"] * 2 == [json.loads(one)["chain"] for one in lines.lines[-2:]]

    def test_line(self, lines):
        """A line is the event's name, then its facts, in their order."""
        log.info("touch.taken", extra={"touch": "t-1", "bytes": 12, "flags": ["cut"], "ok": True})

        assert (
            '{"event":"touch.taken","touch":"t-1","bytes":12,"flags":["cut"],"ok":true}'
            == (lines.lines[-1])
        )

    @pytest.mark.parametrize(
        ("level", "told"),
        [
            pytest.param(logging.WARNING, "warning", id="warning"),
            pytest.param(logging.ERROR, "error", id="error"),
            pytest.param(logging.CRITICAL, "critical", id="critical"),
        ],
    )
    def test_level(self, lines, level, told):
        """From a warning on, a line tells its level."""
        log.log(level, "lane.lost")

        assert {"event": "lane.lost", "level": told} == lines.last

    def test_exception(self, lines):
        """Of an exception only its kind is told."""
        try:
            int("canary")
        except ValueError:
            log.exception("touch.crashed")

        assert {"event": "touch.crashed", "level": "error", "error": "ValueError"} == lines.last

    def test_odd_values(self, lines):
        """What JSON has no form for is told as a text, on one line."""
        log.info("odd", extra={"at": logging, "text": "a\nb\ud800"})

        assert "a\nb\ud800" == lines.last["text"]
        assert "module" in lines.last["at"]

    def test_exc_info_without_exception(self, lines):
        """Where there is no exception, none is told."""
        log.info("fine", exc_info=True)  # noqa: LOG014 - what it leads to is the point

        assert {"event": "fine"} == lines.last


class TestLibraries:
    def test_named_by_place(self, lines):
        """What a library says is named by its place and never quoted."""
        logging.getLogger("some.library").warning("POST %s?code=%s", "url", "canary")

        assert "library.said" == lines.last["event"]
        assert "some.library" == lines.last["logger"]
        assert {"event", "logger", "line", "level"} == set(lines.last)
        assert "canary" not in lines.lines[-1]

    @pytest.mark.parametrize(
        "name",
        [
            "azure_functions_worker",
            "azure_functions_worker.main",
            "azure_functions_runtime",
            "proxy_worker",
        ],
    )
    def test_worker(self, lines, name):
        """What Microsoft's worker says goes to Microsoft's own log, where support reads it."""
        logging.getLogger(name).warning("Received FunctionLoadRequest, function: %s", "tick")

        assert "Received FunctionLoadRequest, function: tick" == lines.lines[-1]

    def test_name_that_only_begins_like_ours(self, lines):
        """A library whose name begins like ours is a library."""
        logging.getLogger("leadshare_plugin").warning("canary")

        assert "canary" not in lines.lines[-1]

    @pytest.mark.parametrize("name", QUIET)
    def test_quiet(self, lines, name):
        """Libraries that speak of every request are heard from a warning on."""
        logging.getLogger(f"{name}.deep.inside").info("canary")
        assert [] == lines.lines

        logging.getLogger(f"{name}.deep.inside").warning("canary")
        assert 1 == len(lines.lines)


class TestInstall:
    def test_handlers(self, lines):
        """Installing sets the formatter of the handlers that are there, and adds none."""
        before = list(logging.getLogger().handlers)

        logs.install()

        assert before == logging.getLogger().handlers
        assert {JsonLine} == {type(handler.formatter) for handler in before}
        assert isinstance(lines.formatter, JsonLine)
