"""Local host: turn what an HTTP function returned into the answer."""

import json
from typing import Any

from aiohttp import web

from leadshare.local.host.settings import newtonsoft
from leadshare.local.host.worker.channel import Answer

TEXT = "text/plain; charset=utf-8"


def to_response(answer: Answer) -> web.Response:
    """Answer with what the worker sent."""
    if isinstance(answer, str):
        return reparse(answer)
    status, headers, body = answer
    return web.Response(status=status, headers=headers, body=body)


def reparse(text: str) -> web.Response:
    """Answer with a plain string, which the host reads as JSON if it can.

    An object with a "body" is taken for the response itself.
    """
    try:
        content = newtonsoft.parse(text)
    except ValueError:
        content = text
    fields: dict[str, Any] = {}
    if isinstance(content, dict):
        fields = {name.lower(): value for name, value in content.items()}
    if "body" in fields:
        content = fields["body"]
        if isinstance(content, dict | list):
            content = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    else:
        fields = {}
    headers = {name.lower(): str(value) for name, value in (fields.get("headers") or {}).items()}
    return web.Response(
        status=_status(fields.get("statuscode", fields.get("status"))),
        headers={"content-type": TEXT} | headers,
        body=newtonsoft.to_text(content).encode(),
    )


def _status(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 200
