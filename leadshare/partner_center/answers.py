"""Partner Center: what Partner Center's answers mean, by status and by code.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from typing import Final

import httpx

from leadshare.client.answers.response import error_code

WRONG: Final = {
    "accessdenied": 403,
    "generalexception": 500,
    "itemnotfound": 404,
    "preconditionfailed": 412,
    "resourcemodified": 409,
    "servicenotavailable": 503,
    "unauthenticated": 401,
    "unauthorized": 401,
}
"""The status that each code stands for, which is asked where the status itself says little.

All of error-codes.md but invalidRequest; its sample has one more, unAuthorized.
"""

GONE: Final = (404, 410)
"""One referral is not there; of a lane, a 410 says nothing here (error-codes.md)."""

_TELLING: Final = frozenset({401, 403, *GONE, 408, 409, 412, 423, 429})


class Unusable(Exception):
    """The answer is not what was asked for; `response` says what it is instead."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response

    @property
    def gone(self) -> bool:
        """Whether the referral that was asked for is not there."""
        return meaning(self.response) in GONE


def meaning(response: httpx.Response) -> int:
    """Return the status of *response*, or the one that its code stands for if that says more."""
    status = response.status_code
    if status in _TELLING or not 400 <= status < 500:  # noqa: PLR2004 - the 4xx class
        return status
    return WRONG.get(error_code(response).lower(), status)
