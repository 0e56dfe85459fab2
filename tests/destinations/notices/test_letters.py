"""Messages that tell of a lead: their ids, subject and headers."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from leadshare.destinations.notices.letters import letter, operation_id, subject, text
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.notices.builders import settings


class TestIds:
    def test_operation_id(self):
        """Another version, lead or destination is another message; a repeat is not."""
        first = operation_id(delivery(), settings())
        others = [
            operation_id(delivery(version=2), settings()),
            operation_id(delivery(lead="f" * 32 + LEAD[32:]), settings()),
            operation_id(delivery(), settings(name="other")),
        ]

        # Frozen: with another namespace, a repeat would be another message.
        assert "c8917292-3a6e-5167-9811-a723420cf265" == first
        assert 4 == len({first, *others})
        assert first == operation_id(delivery(attempts=3), settings())

    def test_subject(self):
        """The subject is one short line, and names the listing only where that may be shown."""
        odd = delivery(
            record=record(listing_title="Robot\r\nBcc: canary@evil.example " + "x" * 300)
        )

        assert subject(odd, ("listing_title",)).startswith("New lead: Robot; Bcc: canary@evil.ex")
        assert 150 == len(subject(odd, ("listing_title",)))
        assert "New lead" == subject(odd, ("score",))


class TestText:
    def test_links(self):
        """Where the lead's record is known, the letter says where people see it."""
        told = delivery(links={"our-crm": "https://crm.example/r1"})

        assert "Score: 75\nRecord in our-crm: https://crm.example/r1\n" == text(told, ("score",))


class TestLetter:
    def test_headers(self):
        """A letter for a mail server says who, whom, what, when and that nobody should answer."""
        made = letter(delivery(), settings(to=["a@x.example", "b@x.example"]), NOW)
        mail = message_from_bytes(made.content, policy=default)

        assert {
            "From": "leads@contoso.example",
            "To": "a@x.example, b@x.example",
            "Subject": "New lead: Contoso Invoice Robot",
            "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
            "Message-ID": f"<{operation_id(delivery(), settings())}@contoso.example>",
            "Auto-Submitted": "auto-generated",
            "Content-Type": 'text/plain; charset="utf-8"',
            "Content-Transfer-Encoding": "quoted-printable",
            "MIME-Version": "1.0",
        } == dict(mail.items())
        assert "Listing title: Contoso Invoice Robot" == mail.get_content().splitlines()[0]

    @pytest.mark.parametrize(
        "title",
        [
            "Robot\r\nBcc: canary@evil.example",
            "Robot\nX: y",
            "Robot\u2028X: y",
            "Robot\x00\x85\x0bX: y",
            "=?utf-8?q?=0D=0ABcc=3A_canary=40evil.example?=",
            "字" * 300,
            "\ud83d",
        ],
    )
    def test_injection(self, title):
        """Whatever a title holds, it adds no header and no line of other than plain ASCII."""
        one = delivery(record=record(listing_title=title, notes=f"{title}\r\n.\r\nQUIT"))

        made = letter(one, settings(shows=["listing_title", "notes"]), NOW)

        mail = message_from_bytes(made.content, policy=default)
        assert 9 == len(mail.keys())
        assert mail["Bcc"] is None
        assert made.content.isascii()
        assert max(len(line) for line in made.content.split(b"\r\n")) < 998
        assert b"\n" not in made.content.replace(b"\r\n", b"")

    def test_repeat(self):
        """A repeat has the same Message-ID, which mail systems drop; a new version another."""
        ids = [
            message_from_bytes(letter(one, settings(), NOW).content)["Message-ID"]
            for one in (delivery(), delivery(attempts=2), delivery(version=2))
        ]

        assert ids[0] == ids[1] != ids[2]
