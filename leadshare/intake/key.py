"""Intake: tell the key that a POST came with by its print; the standard library only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

PRINT: Final = re.compile(r"[0-9a-f]{16}")
"""What a key is told by: nobody gets from it to a key that Azure has chosen."""

_HEADER: Final = "x-functions-key"
_PARAMETER: Final = "code"


def key_print(headers: Mapping[str, str], params: Mapping[str, str]) -> str:
    """Return the print of the key that the host let the POST in with, nothing if it had none.

    The host does not tell a Python function which key that was (it has the name as a claim of the
    caller, which the worker leaves out), so it is looked for as the host does: the header, by its
    name in lower case, goes before the query, whose name counts in any case.
    """
    codes = (value for name, value in params.items() if name.lower() == _PARAMETER)
    return print_of(headers.get(_HEADER) or next(codes, ""))


def print_of(key: str) -> str:
    """Return the print of *key*."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16] if key else ""
