"""How Marketo wraps its answers (swagger-mapi.json and error-codes.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import httpx

_ENVELOPE: Final = {"requestId": "e42b#14272d07d78", "result": [], "errors": [], "warnings": []}
"""What every answer has (swagger-mapi.json)."""


def skipped(code: str, message: str = "Not this one") -> dict[str, Any]:
    """A record that was not written (error-codes.md)."""
    return {"status": "skipped", "reasons": [{"code": code, "message": message}]}


def done(result: Sequence[Any], **more: Any) -> httpx.Response:
    """An answer to a call that was taken; its records may have been skipped."""
    body = {**_ENVELOPE, "success": True, "result": result, **more}
    return httpx.Response(200, json=body)


def refusal(code: str, message: str) -> httpx.Response:
    """An answer to a call that was refused: HTTP 200 all the same (error-codes.md)."""
    errors = [{"code": code, "message": message}]
    body = {**_ENVELOPE, "success": False, "errors": errors}
    return httpx.Response(200, json=body)
