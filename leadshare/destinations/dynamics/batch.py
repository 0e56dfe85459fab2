"""Destinations: Dataverse's $batch, which is several HTTP requests and their answers in one call.

Vendor: execute-batch-operations-using-web-api.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from typing import Final
from urllib.parse import quote

import httpx

API: Final = "/api/data/v9.2"
"""Where the Web API is, and its version."""

_LEGAL: Final = "/?$&=,()';:@"
"""What an address may hold as it is (RFC 3986, section 3.4)."""

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])( .*)?")

_KEPT: Final = {b"odata-entityid", b"retry-after"}
"""What is read of a part's headers: no other can change how the part is read."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of a batch."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object] | None = None


def get(asked: str, headers: Mapping[str, str]) -> Operation:
    """Return the question at the path *asked*, which may hold a query as it is read."""
    return Operation("GET", f"{API}/{quote(asked, safe=_LEGAL)}", headers)


def encode(operations: Sequence[Operation], boundary: str) -> bytes:
    """Write the body of a batch: ASCII throughout, and no line of it is the customer's.

    Every line ends in CRLF: with any other ending the service finds no body in a part.
    """
    parts = "".join(
        f"--{boundary}\r\n"
        "Content-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n\r\n"
        f"{_request(operation)}\r\n"
        for operation in operations
    )
    return f"{parts}--{boundary}--\r\n".encode("ascii")


def _request(operation: Operation) -> str:
    lines = [f"{operation.method} {operation.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in operation.headers.items()]
    if operation.body is None:
        return "\r\n".join([*lines, "", ""])
    body = json.dumps(operation.body, separators=(",", ":"))
    return "\r\n".join([*lines, "Content-Type: application/json", "", body])


def decode(response: httpx.Response) -> list[httpx.Response | None]:
    """Read the answer's parts, which come in the order of the requests; empty if it has none.

    None stands for a part that cannot be read. The part in which an answer breaks off is left out,
    for it may lack its end.
    """
    content_type = response.headers.get("content-type", "").encode("ascii", "replace")
    message = message_from_bytes(b"Content-Type: %b\r\n\r\n%b" % (content_type, response.content))
    parts: object = message.get_payload()
    if message.get_content_maintype() != "multipart" or not isinstance(parts, list):
        return []
    answers = [_answer(part) for part in parts]
    broken = any(isinstance(d, CloseBoundaryNotFoundDefect) for d in message.defects)
    return answers[:-1] if broken else answers


def _answer(part: Message) -> httpx.Response | None:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):  # parts of its own: a change set's, and we send none
        return None
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *lines = head.split(b"\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        return None
    fields = (line.partition(b":") for line in lines)
    kept = [(name, value.strip()) for name, _, value in fields if name.lower() in _KEPT]
    return httpx.Response(int(status[1]), headers=kept, content=body)
