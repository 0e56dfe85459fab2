"""Reason codes: every code of ours that an operator meets, with what it means and what to do.

The tables of `docs/operate.md` are written from them by `make format`. A vendor's own codes are
not among them: `Vendor` says how those begin.
"""

from leadshare.reason.book import BookFault
from leadshare.reason.delivery import Reason
from leadshare.reason.erasure import Left
from leadshare.reason.event import Doubt
from leadshare.reason.fate import Fate
from leadshare.reason.outcome import Unproven, Waits
from leadshare.reason.preflight import Problem
from leadshare.reason.vendor import Vendor

__all__ = ["BookFault", "Doubt", "Fate", "Left", "Problem", "Reason", "Unproven", "Vendor", "Waits"]
