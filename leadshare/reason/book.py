"""Reason codes: why one of Microsoft's books could not be read."""

from __future__ import annotations

from typing import Final

from leadshare.errors import Code

_REPORT_IT: Final = "Report it. What was kept stays as it was."


class BookFault(Code):
    """Why a book could not be read, beside the reasons why nobody answered."""

    REPORT_LOST = (
        "report_lost",
        "For three days there was no execution: somebody paused or deleted the report.",
        "Nothing: it is made anew.",
    )
    LINK_EXPIRED = (
        "link_expired",
        "The file was gone before it was read.",
        "Nothing: the next is made a day later.",
    )
    FILE_EMPTY = (
        "file_empty",
        "There is nothing in the file, not even names of columns.",
        _REPORT_IT,
    )
    NOT_UTF_8 = "not_utf_8", "The file is no text in UTF-8.", _REPORT_IT
    COLUMN_MISSING = "column_missing", "The file lacks a column that was asked for.", _REPORT_IT
    LINE_UNREADABLE = "line_unreadable", "A line has other columns than the first.", _REPORT_IT
    NO_DATE = "no_date", "There is no date where one must be.", _REPORT_IT
    NO_NUMBER = "no_number", "There is no number where one must be.", _REPORT_IT
    NO_CURRENCY = "no_currency", "There is no currency where one must be.", _REPORT_IT
    NO_ROOM = "no_room", "A month comes to more sums than a row has room for.", _REPORT_IT
    READING_CRASHED = (
        "reading_crashed",
        "A bug of ours; `chore.failed` has the place.",
        "Report it; it is tried again after an update.",
    )
