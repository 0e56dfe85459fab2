"""Errors: what went wrong and who must act; none of them carries lead data.

LeadshareError
  Unreadable           the sender's fault; the touch is quarantined under the reason
  ConfigurationError   the publisher's fault; names the key and what is expected
  StorageError         the table did not do what was asked; trying again may help
    Conflict           somebody else changed or made the row first; read again
  BadRequest           an operator's fault; names the field and what is expected
  Unknown              what an operator asked for is not there
  Unsigned             an event that Partner Center did not sign; nothing of it is kept
  Unreachable          what another service had to tell cannot be had; trying again may help
  Unexpected           ours: a fault that nobody foresaw, stripped of its data
"""

from __future__ import annotations


class LeadshareError(Exception):
    """The root of every error that leaves leadshare."""


class Unreadable(LeadshareError):
    """A touch that cannot be read, now or later; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConfigurationError(LeadshareError):
    """The configuration or a setting is wrong; the text names it and what is expected."""


class StorageError(LeadshareError):
    """The table could not be read or written."""


class Conflict(StorageError):
    """A row was not as it had been read, or was there already."""


class BadRequest(LeadshareError):
    """An operator's request is wrong; the text names the field and what is expected."""


class Unknown(LeadshareError):
    """What an operator asked for is not there."""


class Unsigned(LeadshareError):
    """An event that is not proven to come from Partner Center; `reason` is a stable code."""

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
