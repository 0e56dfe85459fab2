"""Reason codes: why leadshare could not take an erased person out of a record itself."""

from __future__ import annotations

from leadshare.errors import Code


class Left(Code):
    """Why a person is to be taken out of a record by hand."""

    ASKED_AGAIN = (
        "asked_again",
        "The customer came again before the record was erased, and it may hold the new words.",
        "Take what was there before out of the record.",
    )
    NOT_CONFIGURED = (
        "not_configured",
        "The destination is no longer in `leadshare.toml`.",
        "Take the person out there.",
    )
    NOT_IN_TIME = (
        "not_in_time",
        "The system could not be asked for seven days.",
        "Take the person out there.",
    )
