"""A batch of Dataverse's, taken apart and put together as strictly as the service does it.

execute-batch-operations-using-web-api.md (MicrosoftDocs/powerapps-docs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

import httpx

from tests.destinations.annotations import Refused

ODATA: Final = {"OData-Version": "4.0"}


def typed(answer: httpx.Response) -> dict[str, str]:
    """Return the headers but for the length, which whoever sends the answer counts."""
    return {name: text for name, text in answer.headers.items() if name != "content-length"}


def operations(request: httpx.Request) -> Iterator[tuple[str, str, httpx.Headers, bytes]]:
    """Take a batch apart, as strictly as the service (execute-batch-operations-...md)."""
    boundary = re.fullmatch(
        r'multipart/mixed; ?boundary="?([^" ]+)"?', request.headers.get("content-type", "")
    )
    if boundary is None:
        raise Refused(400, "0x80060888", "The content type is not multipart/mixed.")
    before, *parts, after = request.content.split(f"--{boundary[1]}".encode())
    if before or after.rstrip() != b"--" or not 1 <= len(parts) <= 1000:
        raise Refused(400, "0x80060888", "Batch requests hold 1 to 1000 requests and an end.")
    for part in parts:
        head, _, message = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if head.split(b"\r\n") != [
            b"Content-Type: application/http",
            b"Content-Transfer-Encoding: binary",
        ]:
            raise Refused(400, "0x80060888", "A part is not application/http in binary.")
        first, _, rest = message.partition(b"\r\n")
        fields, blank, body = rest.partition(b"\r\n\r\n")
        line = re.fullmatch(rb"(GET|PATCH|POST|DELETE) (\S+) HTTP/1\.1", first)
        if line is None or not blank or not part.endswith(b"\r\n"):
            # as seen, of line endings other than CRLF
            raise Refused(400, "0x80048d19", "System.ArgumentException: Stream was not readable.")
        pairs = (text.partition(b": ") for text in fields.split(b"\r\n"))
        headers = httpx.Headers([(name, value) for name, _, value in pairs])
        yield line[1].decode(), line[2].decode(), headers, body.removesuffix(b"\r\n")


def batch(answers: list[httpx.Response], status: int) -> httpx.Response:
    """Put an answer together, in the form of the page's examples."""
    boundary = f"batchresponse_{uuid4()}"
    lines: list[str] = []
    for answer in answers:
        lines += [
            f"--{boundary}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}",
        ]
        spelt = {"odata-version": "OData-Version", "odata-entityid": "OData-EntityId"}
        lines += [f"{spelt.get(n, n.title())}: {text}" for n, text in typed(answer).items()]
        lines += ["", answer.text or "\r\n"]
    text = "\r\n".join([*lines, f"--{boundary}--", ""])
    kind = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return httpx.Response(status, headers=ODATA | kind, content=text.encode())
