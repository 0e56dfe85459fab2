"""What Microsoft publishes of Dataverse's answers' shape, and of the parts of a batch's answer.

Pages of MicrosoftDocs/powerapps-docs: execute-batch-operations-using-web-api.md,
retrieve-entity-using-web-api.md, compose-http-requests-handle-errors.md and
query-metadata-web-api.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import httpx

from tests.destinations.schemas import ANY, FAILED, OK, Exchange, Kind

_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ID: Final = re.compile(_GUID)
_CONTEXT: Final = re.compile(r"https://[^/]+/api/data/v9\.2/\$metadata#.+")
_CODE: Final = re.compile(r"(0x[0-9a-f]+)?")
_LABEL: Final = {"UserLocalizedLabel": ({"Label": str, "*": ANY}, None), "*": ANY}


def _metadata(**facts: Any) -> dict[str, Any]:
    row = {"@odata.type?": str, "MetadataId": _ID, **facts}
    return {"@odata.context": _CONTEXT, "value": [row]}


_NAMED: Final = {"LogicalName": str}
_COLUMNS: Final = r"/EntityDefinitions\(LogicalName='lead'\)/Attributes"

KINDS: Final = (
    Kind(
        "GET",
        r"/leads\([^)]+\)$",
        OK,
        {
            "@odata.context": _CONTEXT,
            "@odata.etag": re.compile(r'W/"[0-9]+"'),
            "leadid": _ID,
            "*": ANY,
        },
    ),
    Kind(
        "GET",
        r"/(campaigns|lists)\([^)]+\)$",
        OK,
        {"@odata.context": _CONTEXT, "@odata.etag": re.compile(r'W/"[0-9]+"'), "*": ANY},
    ),
    Kind(
        "GET",
        r"/v9\.2/(leads|opportunities|activitypointers|emails|listmembers|annotations)$",
        OK,
        {
            "@odata.context": _CONTEXT,
            "value": [{"@odata.etag": re.compile(r'W/"[0-9]+"'), "*": ANY}],
            "@odata.nextLink?": re.compile(r"https://[!-~]+"),
        },
    ),
    Kind(
        "GET",
        rf"{_COLUMNS}$",
        OK,
        _metadata(
            **_NAMED,
            AttributeType=str,
            IsValidForCreate=bool,
            RequiredLevel={"Value": str, "*": ANY},
            DisplayName=_LABEL,
        ),
    ),
    Kind(
        "GET",
        rf"{_COLUMNS}/Microsoft\.Dynamics\.CRM\.(String|Memo)AttributeMetadata$",
        OK,
        _metadata(**_NAMED, MaxLength=int),
    ),
    Kind(
        "GET",
        rf"{_COLUMNS}/Microsoft\.Dynamics\.CRM\.PicklistAttributeMetadata$",
        OK,
        _metadata(**_NAMED, OptionSet={"Options": [{"Value": int, "*": ANY}], "*": ANY}),
    ),
    Kind(
        "GET",
        r"/EntityDefinitions\(LogicalName='lead'\)/Keys$",
        OK,
        _metadata(KeyAttributes=[str], EntityKeyIndexStatus=str),
    ),
    Kind(
        "GET",
        r"/v9\.2/WhoAmI$",
        OK,
        {"@odata.context": _CONTEXT, "BusinessUnitId": _ID, "UserId": _ID, "OrganizationId": _ID},
    ),
    Kind(
        "GET",
        r"/systemusers\([^)]+\)/Microsoft\.Dynamics\.CRM\.RetrieveUserPrivileges\(\)$",
        OK,
        {"@odata.context": _CONTEXT, "RolePrivileges": [{"PrivilegeName": str, "*": ANY}]},
    ),
    Kind(".*", r"/api/data/v9\.2/", FAILED, {"error": {"code": _CODE, "message": str, "*": ANY}}),
)


def parts(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Take batches apart, each request with its answer; other exchanges as they are.

    A failure of the whole is no batch's answer; where one is, and is not as published, is told by
    an assertion.
    """
    for request, answer in exchanges:
        if not answer.headers.get("content-type", "").startswith("multipart/"):
            yield request, answer
            continue
        asked = [_requested(part, request) for part in _split(request)]
        yield from zip(asked, (_answered(part) for part in _split(answer)), strict=False)


def _split(message: httpx.Request | httpx.Response) -> list[bytes]:
    """Return what is in the parts, behind the two headers that each has."""
    kind = message.headers["content-type"]
    boundary = re.fullmatch(r'multipart/mixed; ?boundary="?([^"]+)"?', kind)
    assert boundary, kind
    if isinstance(message, httpx.Response):
        assert re.fullmatch(f"batchresponse_{_GUID}", boundary[1])
        assert "4.0" == message.headers["odata-version"]
    before, *found, after = message.content.split(f"--{boundary[1]}".encode())
    assert (b"", b"--") == (before, after.strip())
    head = b"\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    assert all(part.startswith(head) for part in found)
    return [part.removeprefix(head) for part in found]


def _requested(part: bytes, whole: httpx.Request) -> httpx.Request:
    line, *_ = part.decode().split("\r\n")
    method, path, _ = line.split(" ")
    return httpx.Request(method, whole.url.join(path))


def _answered(part: bytes) -> httpx.Response:
    head, _, body = part.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    status = re.fullmatch(r"HTTP/1\.1 ([1-5][0-9]{2}) [A-Z][A-Za-z ]+", line)
    assert status, line
    headers = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
    return httpx.Response(int(status[1]), headers=headers, content=body.strip())


def wrong_headers(exchanges: Iterable[Exchange]) -> list[str]:
    """Tell which parts lack the headers that such an answer has."""
    found = []
    for request, answer in exchanges:
        told = f"{request.method} {request.url.path} {answer.status_code}: {answer.headers}"
        wanted = {"odata-version": "4[.]0"} if answer.is_success else {}
        if request.method == "PATCH" and answer.is_success:
            # An alternate key's value is escaped in a path, not in what names the row.
            wanted["odata-entityid"] = rf"https://{request.url.host}/api/data/v9\.2/\w+\(.+\)"
        if answer.status_code == 200:
            wanted["content-type"] = r"application/json; ?odata\.metadata=minimal.*"
        if answer.status_code == 429:
            wanted["retry-after"] = "[0-9]+"
        matches = (re.fullmatch(how, answer.headers.get(name, "")) for name, how in wanted.items())
        found += [] if all(matches) else [told]
    return found
