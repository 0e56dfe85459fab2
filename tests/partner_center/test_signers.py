"""Signers: whatever strangers name, few certificates are fetched, and none for the known one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from leadshare.errors import Unreachable, Unsigned
from leadshare.partner_center.certificates import CALLS, WINDOW
from leadshare.partner_center.signature import Signatures
from leadshare.partner_center.signers import KEPT, MOST_TRIED, TRIED
from tests.builders import NOW
from tests.microsoft import ISSUER_URL, URL, Web, event, headers, leaf, root, web

BODY = event()
SECOND = timedelta(seconds=1)


@pytest.fixture(name="found")
def _found() -> Web:
    """The web with all certificates in their places."""
    return web()


@pytest.fixture(name="proof")
def _proof(found: Web) -> Signatures:
    """What verifies, with our own root in the place of Microsoft's."""
    return Signatures.under(found.client(), [root()])


def stranger(number: int) -> str:
    """An address at Microsoft's at which there is nothing."""
    return f"https://www.microsoft.com/{number}.cer"


async def refused(proof: Signatures, url: str, at: timedelta = timedelta(0)) -> str:
    """Why an event is refused that names *url*."""
    try:
        await proof.verify(headers(BODY, x_ms_certificate_url=url, signer="other"), BODY, NOW + at)
    except (Unsigned, Unreachable) as error:
        return str(error)
    raise AssertionError("taken")


class TestTried:
    async def test_missing(self, found, proof):
        """An address at which there is nothing is asked once in minutes, however often named."""
        for _ in range(100):
            assert "certificate_missing" == await refused(proof, stranger(1))
        assert 1 == len(found.asked)

        await refused(proof, stranger(1), TRIED - SECOND)
        assert 1 == len(found.asked)

        await refused(proof, stranger(1), TRIED)
        assert 2 == len(found.asked)

    async def test_unproven(self, found, proof):
        """A certificate of Microsoft's that signed none of what is sent is asked for as seldom."""
        for _ in range(100):
            assert "signature_wrong" == await refused(proof, URL)

        assert [URL, ISSUER_URL] == found.asked

    async def test_spellings(self, found, proof):
        """However an address is spelled, it is one."""
        await proof.verify(headers(BODY), BODY, NOW)

        for sign in "cert":
            for spelled in (f"%{ord(sign):02x}", f"%{ord(sign):02X}"):
                url = URL.replace(f"/{'cert'}/", f"/{'cert'.replace(sign, spelled)}/")
                await proof.verify(headers(BODY, x_ms_certificate_url=url), BODY, NOW)

        assert [URL, ISSUER_URL] == found.asked

    async def test_at_once(self, found, proof):
        """Events that come at once wait for one fetching."""
        events = (proof.verify(headers(BODY), BODY, NOW) for _ in range(20))

        await asyncio.gather(*events)

        assert [URL, ISSUER_URL] == found.asked

    async def test_given_up(self, found, proof):
        """One who gives up waiting takes nobody's answer along."""
        first = asyncio.create_task(proof.verify(headers(BODY), BODY, NOW))
        other = asyncio.create_task(proof.verify(headers(BODY), BODY, NOW))
        await asyncio.sleep(0)
        first.cancel()

        await other

        assert [URL, ISSUER_URL] == found.asked


class TestBudget:
    async def test_strangers(self, found, proof):
        """Whatever addresses strangers name, so many are called a minute."""
        told = [await refused(proof, stranger(number)) for number in range(100)]

        assert ["certificate_missing"] * CALLS == told[:CALLS]
        assert {f"a certificate: over {CALLS} a minute"} == {*told[CALLS:]}
        assert CALLS == len(found.asked)

        assert "certificate_missing" == await refused(proof, stranger(200), WINDOW)

    async def test_known_signer(self, found, proof):
        """They drive out nobody who has signed something, nor keep their certificate from being
        had again.
        """
        await proof.verify(headers(BODY), BODY, NOW)
        asked = len(found.asked)
        for minute in range(10):
            for number in range(MOST_TRIED):
                await refused(proof, stranger(minute * 100 + number), minute * WINDOW)
        strangers = len(found.asked) - asked

        await proof.verify(headers(BODY), BODY, NOW)
        assert asked + strangers == len(found.asked)

        for number in range(100):
            await refused(proof, stranger(number), KEPT)
        await proof.verify(headers(BODY), BODY, NOW + KEPT)
        assert [URL, ISSUER_URL] == found.asked[-2:]

    async def test_microsofts_certificates(self, found, proof):
        """Certificates that hold drive out nobody either, as long as they sign nothing."""
        await proof.verify(headers(BODY), BODY, NOW)
        for number in range(9):
            found.put(stranger(number), leaf())
            await refused(proof, stranger(number), number * WINDOW)
        found.pages.clear()

        await proof.verify(headers(BODY), BODY, NOW + 10 * WINDOW)

    async def test_clock(self, found, proof):
        """A clock that was ahead spends nothing of later minutes."""
        for number in range(CALLS):
            await refused(proof, stranger(number), timedelta(days=7))

        assert "certificate_missing" == await refused(proof, stranger(CALLS))
        assert CALLS + 1 == len(found.asked)
