"""Local: run pip or npm, say how far it is, and why it failed; the standard library only."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from queue import Empty, Queue
from threading import Thread
from typing import IO, Final

PIP: Final = ("-m", "pip", "install", "--disable-pip-version-check", "--retries", "1")
"""One retry, for five of them keep somebody without a network waiting for a minute."""

SILENCE: Final = 15
"""Seconds after which it is said that nothing has come yet."""

_UNREACHABLE: Final = re.compile(
    # pip says the first of each broken connection, npm the others at its end.
    r"Retrying \(Retry\(|npm (?:error|ERR!) code (?:E(?:AI_AGAIN|CONN\w+|\w+UNREACH|NOTFOUND"
    r"|TIMEDOUT|RR_SOCKET_TIMEOUT)|FETCH_ERROR)\b"
)
_FAULT: Final = re.compile(r"(?:ERROR: |npm (?:error|ERR!) ).*|.*: No module named .*")
_MOST_FAULTS: Final = 8
_NO_NETWORK: Final = (
    "{doing}: no answer from {where}; is there a network? Behind a proxy, set HTTPS_PROXY;"
    " {setting} names a mirror"
)


def with_pip(python: str, words: Sequence[str], doing: str) -> None:
    """Install what *words* name for *python*; RuntimeError with what is wrong if that fails."""
    _run([python, *PIP, *words], doing, "Collecting ", ("the package index", "PIP_INDEX_URL"))


def with_npm(npm: Sequence[str], words: Sequence[str], doing: str) -> None:
    """Install what *words* name by *npm*; RuntimeError with what is wrong if that fails."""
    once = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
    command = [*npm, "install", "--no-audit", "--no-fund", "--loglevel=http", *once, *words]
    where = ("the npm registry", "npm_config_registry")
    _run(command, doing, "npm http fetch GET 200 ", where)


def _run(command: Sequence[str], doing: str, step: str, source: tuple[str, str]) -> None:
    """Run *command*; each line that begins with *step* is one step of what it is *doing*."""
    progress, lines = _Progress(doing), list[str]()
    with subprocess.Popen(  # noqa: S603 - our own arguments
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        try:
            _follow(process.stdout, step, progress, lines)
        except KeyboardInterrupt:
            process.terminate()
            raise
    progress.end()
    if process.returncode:
        raise RuntimeError(_why(doing, lines, *source))


def _follow(stream: IO[str], step: str, progress: _Progress, lines: list[str]) -> None:
    """Put what comes into *lines*, and say how far it is, until *stream* ends."""
    silent = 0
    for line in _heard(stream):
        silent = silent + 1 if line is None else 0
        if line is not None:
            lines.append(line.strip())
            progress.count += line.startswith(step)
        # pip names the first package before it asks for it; later on it unpacks in silence.
        if silent == SILENCE and progress.count <= 1:
            progress.note(f"Nothing has come for {SILENCE} s: a slow network, or none")
        progress.show()


def _heard(stream: IO[str]) -> Iterator[str | None]:
    """Yield the lines of *stream*, and None for each second in which none came."""
    queue: Queue[str] = Queue()

    def read() -> None:
        for line in stream:
            queue.put(line)
        queue.put("")  # no line: each of them has its end

    Thread(target=read, daemon=True).start()
    while True:
        try:
            line = queue.get(timeout=1)
        except Empty:
            yield None
            continue
        if not line:
            return
        yield line


def _why(doing: str, lines: Sequence[str], where: str, setting: str) -> str:
    """Return why it failed: one line if nobody could be reached, else what was said of it."""
    if any(_UNREACHABLE.search(line) for line in lines):
        return _NO_NETWORK.format(doing=doing, where=where, setting=setting)
    faults = [line for line in lines if _FAULT.fullmatch(line)] or list(lines)
    return "\n".join([f"{doing}: that failed", *faults[:_MOST_FAULTS]])


class _Progress:
    """Says how far it is: on a terminal in one line, which moves, else in one every ten seconds."""

    def __init__(self, doing: str) -> None:
        self.count = 0
        self._doing = doing
        self._moves = sys.stdout.isatty()
        self._pause = 0.2 if self._moves else 10.0
        self._began = self._said = time.monotonic()
        self._write(f"{doing} ...")

    def show(self) -> None:
        """Say how far it is, unless that was said a moment ago."""
        now = time.monotonic()
        if now - self._said >= self._pause:
            self._said = now
            self._write(f"{self._doing} ... {self.count} so far, {now - self._began:.0f} s")

    def note(self, text: str) -> None:
        """Say *text* in a line of its own."""
        self._write(text)
        self.end()

    def end(self) -> None:
        """Leave the line that moves."""
        if self._moves:
            print(flush=True)

    def _write(self, text: str) -> None:
        print(f"\r{text:<79}" if self._moves else text, end="" if self._moves else "\n", flush=True)
