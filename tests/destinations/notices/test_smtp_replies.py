"""Mail servers' replies: read by phase, words, enhanced code and reply code, in this order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred, Rejected
from leadshare.destinations.notices.smtp_replies import Phase, judged
from leadshare.destinations.replies import Verdict
from leadshare.reason import Reason

ENTRANCE, SIGN_IN, ENVELOPE, LETTER = (
    Phase.ENTRANCE,
    Phase.SIGN_IN,
    Phase.ENVELOPE,
    Phase.LETTER,
)

WRONG_PASSWORD = [
    "5.7.8 Authentication credentials invalid",
    "5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
    "5.7.8 Username and Password not accepted. See the help pages",
    "Incorrect authentication data",
]

MAY_NOT_SIGN_IN = [
    (535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for it"),
    (535, "5.7.139 Authentication unsuccessful, the request did not meet the policy"),
    (535, "5.7.8 This account is suspended"),
    (535, "Your account has been locked"),
    (534, "5.7.9 Application-specific password required"),
    (550, "5.7.1 Sending is not allowed for this user"),
]

SERVER_AT_SIGN_IN = [
    (454, "4.7.0 Temporary authentication failure"),
    (421, "4.3.0 Closing"),
    (504, "5.5.4 Unrecognised authentication type"),
    (535, "5.7.3 Authentication unsuccessful"),
    (530, "5.7.0 Must issue STARTTLS first"),
]

THROTTLED = [
    (SIGN_IN, 454, "4.7.0 Too many login attempts, please try again later"),
    (SIGN_IN, 421, "4.7.0 Too many concurrent connections"),
    (SIGN_IN, 535, "5.7.8 Too many failed attempts"),
    (ENTRANCE, 421, "4.7.0 Too many connections from your address"),
    (ENVELOPE, 450, "4.2.1 This reader receives mail at a rate that prevents more"),
    (ENVELOPE, 451, "4.7.500 Server busy: concurrency limit"),
    (LETTER, 421, "4.7.28 An unusual rate of mail comes from your address"),
    (LETTER, 451, "4.7.1 Please come back"),
    (LETTER, 454, "Throttling failure: maximum sending rate exceeded"),
    (LETTER, 554, "5.7.0 Too many messages"),
    (LETTER, 550, "5.2.1 This reader receives mail at a rate that prevents more"),
]

USED_UP = [
    (LETTER, 550, "5.4.5 Daily user sending quota exceeded"),
    (LETTER, 454, "Throttling failure: daily message quota exceeded"),
    (SIGN_IN, 535, "5.7.8 The credits of your plan are used up"),
    (ENVELOPE, 550, "You have reached your daily sending limit"),
]

OF_THE_LETTER = [
    (552, "5.3.4 Message size exceeds fixed limit"),
    (552, "5.2.2 Mailbox quota exceeded"),
    (552, "Message too large"),
    (550, "5.2.2 This user is over quota"),
    (554, "5.6.0 Lone CR or LF in body"),
    (554, "5.3.4 Message too big for system"),
]

LATER = [
    (ENTRANCE, 554, "5.7.1 Not you", "smtp_554"),
    (ENVELOPE, 550, "5.1.1 No such reader", "smtp_550"),
    (ENVELOPE, 550, "5.7.60 You may not send as this sender", "smtp_550"),
    (ENVELOPE, 452, "4.5.3 Too many recipients", "smtp_452"),
    (LETTER, 452, "4.3.1 Insufficient system storage", "smtp_452"),
    (LETTER, 554, "Transaction failed", "smtp_554"),
    (LETTER, 550, "5.7.1 Not authorised", "forbidden"),
    (LETTER, 554, "5.7.1 Looks like spam", "forbidden"),
    (LETTER, 550, "5.7.26 This mail is unauthenticated", "forbidden"),
    (ENVELOPE, 250, "Ok", "unreadable_answer"),
    (ENVELOPE, -1, "HTTP/1.1 400", "unreadable_answer"),
]


class TestSignIn:
    @pytest.mark.parametrize("text", WRONG_PASSWORD)
    def test_password(self, text):
        """Only 535, with 5.7.8 or no enhanced code, is a wrong name or password."""
        with pytest.raises(SignInFailed) as caught:
            judged(SIGN_IN, 535, text)

        assert (Reason.SIGN_IN_FAILED, text) == (caught.value.reason, caught.value.said)

    @pytest.mark.parametrize(("code", "text"), MAY_NOT_SIGN_IN)
    def test_right(self, code, text):
        """An account that may not sign in so is an operator's to open."""
        outcome = Deferred("forbidden", counts=False)

        assert Verdict(outcome, failing=True) == judged(SIGN_IN, code, text)

    @pytest.mark.parametrize(("code", "text"), SERVER_AT_SIGN_IN)
    def test_server(self, code, text):
        """Whatever else is said there tells of the server, not of the password."""
        outcome = Deferred(f"smtp_{code}", counts=False)

        assert Verdict(outcome, failing=True) == judged(SIGN_IN, code, text)


class TestRates:
    @pytest.mark.parametrize(("phase", "code", "text"), THROTTLED)
    def test_throttled(self, phase, code, text):
        """Words of rates rest the lane, in every phase and with every code."""
        outcome = Deferred("throttled", counts=False)

        assert Verdict(outcome, hold=timedelta(seconds=30)) == judged(phase, code, text)

    @pytest.mark.parametrize(("phase", "code", "text"), USED_UP)
    def test_used_up(self, phase, code, text):
        """A day's letters that are used up rest it for longer."""
        outcome = Deferred("quota_exhausted", counts=False)

        assert Verdict(outcome, hold=timedelta(hours=1)) == judged(phase, code, text)

    def test_told(self):
        """How long is taken from the words where it stands there."""
        told = judged(LETTER, 451, "4.7.1 Greylisted, try again in 5 minutes")

        assert timedelta(minutes=5) == told.hold


class TestJudged:
    @pytest.mark.parametrize(("code", "text"), OF_THE_LETTER)
    def test_letter(self, code, text):
        """Size, content and the reader's mailbox are the letter's own, once it has come."""
        assert Verdict(Rejected(f"smtp_{code}")) == judged(LETTER, code, text)
        assert Verdict(Deferred(f"smtp_{code}"), failing=True) == judged(ENVELOPE, code, text)

    @pytest.mark.parametrize(("phase", "code", "text", "reason"), LATER)
    def test_later(self, phase, code, text, reason):
        """All else waits for the settings to be mended, or for the server."""
        assert Verdict(Deferred(reason), failing=True) == judged(phase, code, text)
