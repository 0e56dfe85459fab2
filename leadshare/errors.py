"""Errors: what went wrong and who must act; none of them carries lead data.

LeadshareError
  Unreadable           the sender's fault; the touch is quarantined under the reason
  ConfigurationError   the publisher's fault; names the key and what is expected
    Faults             several in the file, each with its place there
  StorageError         the table did not do what was asked; trying again may help
    Conflict           somebody else changed or made the row first; read again
    RowRefused         the table takes no such row; the same row again cannot help
    PlaceRefused       the table cannot be read on from there; read it anew
  BadRequest           an operator's fault; names the field and what is expected
    TooLarge           so large that it was not read; names the limit
  Unknown              what an operator asked for is not there
  Forbidden            persons are asked for without the key that opens them
  Unsigned             an event that nobody known to us signed; nothing of it is kept
  Unreachable          what another service had to tell cannot be had; trying again may help
  Unexpected           ours: a fault that nobody foresaw, stripped of its data
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Self


class LeadshareError(Exception):
    """The root of every error that leaves leadshare."""

    http_status: ClassVar[int] = 500
    """The HTTP status by which a request that meets it is answered."""


class Code(StrEnum):
    """A stable code; what it means to operators, in a sentence, and what they do about it.

    *action* is Markdown as in `docs/operate.md`, whose tables are written from these.
    """

    def __new__(cls, code: str, *_: str) -> Self:
        """Return a member that is *code*."""
        member = str.__new__(cls, code)
        member._value_ = code
        return member

    def __init__(self, _code: str, meaning: str, action: str = "") -> None:
        self.meaning = meaning
        self.action = action


class Unread(Code):
    """Why a message is in quarantine, or is no message of ours."""

    NOT_JSON = (
        "not_json",
        "The body is no JSON.",
        "Read it; if it is a lead, post it again by hand, corrected.",
    )
    NOT_AN_OBJECT = "not_an_object", "The body is JSON, but no object.", "As with `not_json`."
    TOO_DEEP = (
        "too_deep",
        "The body has more levels of nesting than any lead: over 100.",
        "Nobody's lead: somebody has the URL.",
    )
    CUSTOMER_INFO_UNREADABLE = (
        "customer_info_unreadable",
        "The customer's details, in a row of Microsoft's table, are no JSON.",
        "Read it in the table, and work it by hand.",
    )
    KEY_OF_ANOTHER_LISTING = (
        "key_of_another_listing",
        "It came with a key that `leadshare.toml` binds to another listing.",
        "Find out who has that key, and rotate it. If the file is wrong: mend it, then replay.",
    )
    NOT_AN_ENVELOPE = (
        "not_an_envelope",
        "leadshare did not write the message that is in the queue.",
        "Find out who writes there.",
    )
    NOT_A_NUDGE = "not_a_nudge", "leadshare did not write the nudge."
    CONTACT_FULL = (
        "contact_full",
        "The contact has as many leads or touches as one may have: 100 or 1,000.",
        "No customer does that: somebody has the URL, or a form sends by itself.",
    )
    CRASHED = "crashed", "A bug of ours.", "Update, then replay."
    POISON = (
        "poison",
        "1,000 tries, a minute apart, failed: configuration or storage.",
        "Mend, then replay.",
    )


class Unreadable(LeadshareError):
    """A touch that cannot be read, now or later; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConfigurationError(LeadshareError):
    """The configuration or a setting is wrong; the text names it and what is expected."""

    http_status = 503


Place = tuple[str | int, ...]
"""Where something is in the file, by keys and indices: `("route", 0, "to")`."""


class Faults(ConfigurationError, ValueError):
    """What is wrong with parts of the configuration, each told with its place below what raises."""

    def __init__(self, *faults: tuple[Place, str]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = faults


class StorageError(LeadshareError):
    """The table could not be read or written."""

    http_status = 503


class Conflict(StorageError):
    """A row was not as it had been read, or was there already."""

    http_status = 409


class RowRefused(StorageError):
    """The table refused a row by a rule of its own; the text names the rule, never a value."""


class PlaceRefused(StorageError):
    """The table refused to be read on from a place, which is of no use any more."""


class BadRequest(LeadshareError):
    """An operator's request is wrong; the text names the field and what is expected."""

    http_status = 400


class TooLarge(BadRequest):
    """An operator's request is larger than any can be; the text names the limit."""

    http_status = 413


class Unknown(LeadshareError):
    """What an operator asked for is not there."""

    http_status = 404


class Forbidden(LeadshareError):
    """An operator asks for persons without the key that opens them; the text names it."""

    http_status = 403


class Unsigned(LeadshareError):
    """An event that is not proven to come from whom it must; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(LeadshareError):
    """Another service could not be asked; the text says what for and how it failed."""


class Unexpected(LeadshareError):
    """A fault that nobody foresaw; the text holds its kind and place, never its data."""

    @classmethod
    def of(cls, error: BaseException) -> Unexpected:
        """Describe *error* by its kind and where it was raised, leaving its text out."""
        place = "?"
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            place = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"
            trace = trace.tb_next
        return cls(f"{type(error).__name__} at {place}")
