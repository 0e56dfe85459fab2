"""The weekly mail: at its time, once whatever happens, and without anybody's data."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import httpx
import pytest

from leadshare.app.mailing import EmailPost
from leadshare.client.errors import SignInFailed
from leadshare.configuration.campaigns import Campaigns
from leadshare.destinations.notices.email import Email
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.smtp import Smtp, SmtpSettings
from leadshare.operators.reports.letter import Written, written
from leadshare.operators.reports.mailing import Posted, WeeklyMail
from leadshare.operators.reports.report import Reporter
from leadshare.store.keys import MAILED, STATE
from tests.commands.page import reports
from tests.destinations.authority import authority_in
from tests.destinations.simulators.email import Account
from tests.destinations.simulators.smtp import HOST, PASSWORD, USER, MailServer
from tests.memory import MemoryTable

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Killed(BaseException):
    """What ends a process."""


class World:
    """A state, a post office, a clock, and processes that tick."""

    def __init__(self) -> None:
        self.state, self.now = MemoryTable(), MONDAY
        self.sent: list[tuple[str, Written]] = []
        self.answers: list[Posted] = []
        self.dies_at = -1
        self.write = self.state.write
        self.state.write = self._write  # type: ignore[method-assign]
        self.mail = self.process()

    def process(self, weekday: str = "mon") -> WeeklyMail:
        """Another process."""
        reporter = Reporter(MemoryTable(), self.state, BERLIN, lambda: self.now, Campaigns())
        holder = f"process {id(reporter)}"
        return WeeklyMail(reporter, self, weekday, lambda: holder, MINUTE)

    async def send(self, letter: Written, name: str, _now: datetime) -> Posted:
        """Take a letter."""
        self._step()
        await asyncio.sleep(0)
        posted = self.answers.pop(0) if self.answers else Posted()
        if not posted.reason or posted.unclear:
            self.sent.append((name, letter))
        self._step()
        return posted

    async def _write(self, *args):
        self._step()
        etags = await self.write(*args)
        self._step()
        return etags

    def _step(self) -> None:
        self.dies_at -= 1
        if self.dies_at == -1:
            raise Killed

    async def run(self, time: timedelta, every: timedelta = 5 * MINUTE) -> None:
        """Let *time* pass, ticking; a process that dies is followed by another."""
        end = self.now + time
        while self.now < end:
            self.now += every
            try:
                await self.mail.work()
            except Killed:
                self.mail = self.process()


@pytest.fixture(name="world")
def _world() -> World:
    world = World()
    world.dies_at = -2
    return world


async def test_on_time(world):
    """At six in the morning of the zone, of the seven days before; and the next a week later."""
    world.now = MONDAY - timedelta(days=1)
    await world.run(28 * HOUR)
    assert not world.sent

    await world.run(2 * HOUR)

    ((name, letter),) = world.sent
    assert ("report 2026-11-30", "Marketplace leads, 23 Nov to 29 Nov 2026") == (
        name,
        letter.subject,
    )
    await world.run(timedelta(days=14), every=HOUR)
    assert ["2026-11-30", "2026-12-07", "2026-12-14"] == [one[-10:] for one, _ in world.sent]


async def test_summer_time(world):
    """Six o'clock is six o'clock on the day when clocks are set, too."""
    world.mail = world.process("sun")
    world.now = datetime(2026, 10, 25, 4, 0, tzinfo=UTC)
    await world.run(55 * MINUTE)
    assert not world.sent
    await world.run(10 * MINUTE)
    assert 1 == len(world.sent)


async def test_late(world):
    """A day later it is mailed no more: who gets it on a Tuesday looks for a mistake."""
    world.now = MONDAY + 30 * HOUR
    await world.run(100 * HOUR, every=HOUR)
    assert not world.sent


@pytest.mark.parametrize("step", range(9))
async def test_killed(world, step):
    """Killed before or after each write and the letter itself, nobody gets it twice."""
    world.dies_at = step
    await world.run(20 * HOUR)

    begun_and_lost = step in {3, 4}  # it was begun, and has not left
    assert (0 if begun_and_lost else 1) == len(world.sent)
    assert "2026-11-30" == world.state.rows[STATE, MAILED][0]["done"]


async def test_refused(world, caplog):
    """What was refused, and has not left, is tried again; the log says why."""
    world.answers = [Posted("sign_in_failed"), Posted("throttled", 2 * HOUR), Posted()]
    await world.run(5 * HOUR + 5 * MINUTE)
    assert not world.sent
    assert "sign_in_failed" == caplog.records[-1].reason

    await world.run(20 * MINUTE)
    assert not world.sent
    await world.run(3 * HOUR)
    assert 1 == len(world.sent)


async def test_unclear(world):
    """What may have left is not sent again."""
    world.answers = [Posted("unclear", unclear=True)]
    await world.run(20 * HOUR)
    assert 1 == len(world.sent)


async def test_two_processes(world):
    """Of two at once one mails it."""
    world.now = MONDAY + 7 * HOUR
    await asyncio.gather(*(world.process().work() for _ in range(3)))
    assert 1 == len(world.sent)


class TestLetter:
    def test_text(self):
        """It tells numbers beside those of the week before, by listing, and the books."""
        letter = written(reports.report())

        for line in (
            "leads                                              287              230",
            "worth of what was won                33,600.50 EUR; <5 leads in USD",
            "contoso.vm-suite",
            "Microsoft: clicks are no leads.",
            "No listing has the title: Contoso Robot (old).",
        ):
            assert line.split()[0] in letter.text
        assert "287" in letter.text
        assert "<5" in letter.text
        assert "Marketplace leads, 31 Aug to 29 Nov 2026" == letter.subject

    def test_html(self):
        """The same as HTML, in which every text is escaped and nothing is fetched."""
        letter = written(reports.report())

        assert "&lt;b&gt;none&lt;/b&gt;" in letter.html
        assert "<b>none" not in letter.html
        assert "http" not in letter.html
        assert letter.html.count("<table") == 3

    def test_without_books(self):
        """Without books it says nothing of them; of few listings there is a table all the same."""
        letter = written(reports.report(books=False))

        assert "Microsoft" not in letter.text + letter.html


class TestPost:
    @pytest.fixture(name="account")
    def _account(self) -> Account:
        return Account()

    async def test_sent(self, account):
        """It goes to its own readers, once, under an id of its own."""
        post = EmailPost(account.destination(), ["boss@contoso.example"])
        letter = written(reports.report())
        assert Posted() == await post.send(letter, "report 2026-11-30", MONDAY)
        assert Posted() == await post.send(letter, "report 2026-11-30", MONDAY)

        (told,) = account.operations.values()
        assert [{"address": "boss@contoso.example"}] == told["recipients"]["to"]
        assert letter.html == told["content"]["html"]

    async def test_by_a_server(self, tmp_path):
        """A mail server is handed text and HTML, the same twice, for one reader to choose from."""
        server = MailServer(authority_in(tmp_path))
        letter = written(reports.report())
        async with server.open():
            told = {
                "name": "m",
                "type": "email",
                "sender": "a@contoso.example",
                "to": ["x@y.example"],
            }
            via = {"kind": "smtp", "host": HOST, "username": "U", "password": "P"}
            settings = EmailSettings.model_validate(
                {**told, "via": {**via, "port": server.port}}, context={"U": USER, "P": PASSWORD}
            )
            tls, loopback = server.authority.client, [ip_network("127.0.0.0/8")]

            async def resolve(*_: object) -> list[str]:
                return ["127.0.0.1"]

            assert isinstance(settings.via, SmtpSettings)
            smtp = Smtp(settings.via, 5, loopback, resolve, tls)
            post = EmailPost(Email(settings, httpx.AsyncClient(), server=smtp), ["b@c.example"])
            assert Posted() == await post.send(letter, "report 2026-11-30", MONDAY)

        (mail,) = server.mails
        read = message_from_bytes(mail.content, policy=policy.default)
        assert ["b@c.example"] == mail.to
        kinds = [part.get_content_type() for part in read.walk()]
        assert ["multipart/alternative", "text/plain", "text/html"] == kinds
        plain = read.get_body(("plain",))
        assert plain is not None
        assert "287" in plain.get_content()

    @pytest.mark.parametrize(
        ("error", "posted"),
        [
            (httpx.ConnectError("canary"), Posted("unreachable")),
            (httpx.ReadError("canary"), Posted("unclear", unclear=True)),
            (SignInFailed("sign_in_failed", HOUR), Posted("sign_in_failed", HOUR)),
        ],
    )
    async def test_not_sent(self, account, error, posted):
        """Whether it may have left is told apart from what surely has not."""
        email = account.destination()

        async def fail(*_: object) -> None:
            raise error

        email.post = fail
        letter = written(reports.report())
        assert posted == await EmailPost(email, ["a@contoso.example"]).send(letter, "x", MONDAY)
