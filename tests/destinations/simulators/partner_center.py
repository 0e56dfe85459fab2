"""Partner Center's referrals API, as far as leadshare uses it.

Pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid5

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.simulators.base import Simulator

TENANT: Final = "contoso.example"
HOST, PATH = "api.partner.microsoft.com", "/v1.0/engagements/referrals"
SIGN_IN: Final = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
SCOPE: Final = "https://api.partner.microsoft.com/.default"
APP: Final = "00000000-1111-2222-3333-444444444444"
NAMESPACE: Final = UUID("7b0e0000-0000-4000-8000-000000000000")
OWNER: Final = "7d23e5ca-19dc-4eaa-aac8-5e6b559f0d1d"
"""The id of the partner's own organisation."""

SERVICE: Final = ("partnerRole", "solutionArea", "solutionPlay")
"""Required for services co-sell referrals only (create-a-referral.md on Microsoft Learn)."""

TEXT, FLAG, NUMBER = str, bool, (int, float)
_MEMBER: Final[Any] = [
    {
        **dict.fromkeys(("firstName", "lastName", "phoneNumber", "email", "title"), TEXT),
        "contactPreference": {"locale": TEXT, "disableNotifications": FLAG},
    }
]
_NAMED: Final[Any] = [dict.fromkeys(("id", "name", "type"), TEXT)]
SHAPE: Final[Any] = {
    **dict.fromkeys(("name", "externalReferenceId", "engagementId", "statusReason"), TEXT),
    **dict.fromkeys(("status", "substatus", "type", "qualification"), TEXT),
    **dict.fromkeys(SERVICE, TEXT),
    "customerProfile": {
        "name": TEXT,
        "address": dict.fromkeys(
            ("addressLine1", "addressLine2", "city", "state", "postalCode", "country", "region"),
            TEXT,
        ),
        "size": TEXT,
        "team": _MEMBER,
    },
    "consent": dict.fromkeys(
        (
            "consentToToShareInfoWithOthers",
            "consentToContact",
            "consentToShareReferralWithMicrosoftSellers",
        ),
        FLAG,
    ),
    "details": {
        "notes": TEXT,
        "dealValue": NUMBER,
        "currency": TEXT,
        "closingDateTime": TEXT,
        "requirements": {
            **dict.fromkeys(("industries", "products", "services", "solutions"), _NAMED),
            "additionalRequirements": {"attributes": _NAMED},
        },
    },
    "team": _MEMBER,
    "target": [{"type": TEXT, "id": TEXT}],
    "inviteContext": {"notes": TEXT, "invitedBy": {"organizationId": TEXT}},
}
"""What may be written, and of which types (referral-resources.md)."""

SHOWN: Final = (
    *SHAPE,
    *("id", "createdDateTime", "updatedDateTime", "organizationId", "callToAction"),
)
REQUIRED: Final = ("type", "customerProfile", "consent", "details")
"""create-a-referral.md on Microsoft Learn."""

CHOICES: Final = {
    "type": {"Shared", "Independent"},
    "qualification": {"None", "Direct", "MarketingQualified", "SalesQualified"},
    "status": {"New", "Active", "Closed"},
}
SUBSTATUS: Final = {
    "New": {"Pending", "Received"},
    "Active": {"Accepted"},
    "Closed": {"Won", "Lost", "Declined", "Expired"},
}
NEXT: Final = {"New": {"New", "Active", "Closed"}, "Active": {"Active", "Closed"}, "Closed": set()}
"""referral-resources.md, "Status & Substatus transition states"; "Closed: nothing allowed"."""

FILTERS: Final = re.compile(
    r"(engagementId|status|substatus|qualification|direction) eq '([^']*)'"
    r"|(updatedDateTime) (?:ge) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)
"""get-a-list-of-referrals.md; externalReferenceId and createdDateTime are no filters."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Wrong(Exception):
    """What is answered as an error."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class PartnerCenter(Simulator):
    """One partner's referrals; the refresh token is rotated at each sign-in."""

    ENVIRONMENT = {  # noqa: RUF012 - a ClassVar of the base
        "PARTNER_SECRET": "the-secret-of-the-app",
        "PARTNER_REFRESH": "refresh-0",
    }
    USER: Final = {
        "tenant_id": TENANT,
        "client_id": APP,
        "client_secret": "PARTNER_SECRET",
        "refresh_token": "PARTNER_REFRESH",
    }
    PAGE = 100
    """Referrals of one page at most (get-a-list-of-referrals.md)."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.tokens: set[str] = set()
        self.refreshes = {"refresh-0"}
        self.asked: set[str] = set()
        self.etags = 0
        self.query: dict[str, str] = {}
        """What was asked for on the first page of the last list."""
        self.services: set[str] = set()
        """Solutions that are services."""
        self.clock = "2026-11-22T12:00:00Z"

    def is_write(self, request: httpx.Request) -> bool:
        """Say whether *request* creates or changes a referral."""
        return request.url.host == HOST and request.method != "GET"

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Answer a sign-in or a call."""
        if str(request.url) == SIGN_IN:
            return self._sign_in(request)
        before = deepcopy(self.rows)
        try:
            return self._call(request)
        except Wrong as error:
            return failure(error.status, error.code)
        finally:
            if not store:
                self.rows = before

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """Return the referrals that have the lead's id; the one for Microsoft has none."""
        return [
            row for row in self.rows.values() if row.get("externalReferenceId") == delivery.lead
        ]

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """Answer as error-codes.md has it."""
        headers = {} if vaguely else {"Retry-After": f"{self.RETRY_AFTER:g}"}
        return failure(429, "generalException", headers)

    def unavailable(self) -> httpx.Response:
        """Answer as error-codes.md has it."""
        return failure(503, "serviceNotAvailable")

    def expired(self) -> httpx.Response:
        """Answer as error-codes.md has it."""
        return failure(401, "unauthenticated")

    def add(self, **values: Any) -> str:
        """Put a referral there, as if Microsoft or a person had made it; return its id."""
        identity = str(uuid5(NAMESPACE, str(len(self.rows))))
        facts = {
            "id": identity,
            "engagementId": str(uuid5(NAMESPACE, f"engagement {len(self.rows)}")),
            "organizationId": OWNER,
            "status": "New",
            "substatus": "Pending",
            "createdDateTime": self.clock,
            "updatedDateTime": self.clock,
        }
        self.rows[identity] = {**facts, **values, "eTag": self._etag()}
        return identity

    def _etag(self) -> str:
        self.etags += 1
        return f'"{self.etags:08d}-0000-0000-0000-5bf4967d0000"'

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        """Redeem a refresh token: the old one stays good, and a new one comes with the answer.

        Microsoft, "Refresh tokens in the Microsoft identity platform".
        """
        told = dict(parse_qsl(request.content.decode()))
        right = {
            "grant_type": "refresh_token",
            "client_id": APP,
            "client_secret": self.ENVIRONMENT["PARTNER_SECRET"],
            "scope": SCOPE,
        }
        refresh = told.pop("refresh_token", "")
        if told != right or refresh not in self.refreshes:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.sign_ins += 1
        token, rotated = f"token-{self.sign_ins}", f"refresh-{self.sign_ins}"
        self.tokens = {token}
        self.refreshes.add(rotated)
        answer = {"token_type": "Bearer", "access_token": token, "refresh_token": rotated}
        return httpx.Response(200, json={**answer, "expires_in": 3599})

    def _call(self, request: httpx.Request) -> httpx.Response:
        self._check(request)
        identity = request.url.path.removeprefix(PATH).removeprefix("/")
        if request.method == "GET" and not identity:
            return httpx.Response(200, json=self._list(request))
        if request.method == "POST" and not identity:
            return httpx.Response(201, json=self._create(json.loads(request.content)))
        if identity not in self.rows:
            raise Wrong(404, "itemNotFound")
        if request.method == "PATCH":
            return self._patch(request, self.rows[identity])
        return httpx.Response(200, json=self.rows[identity])

    def _check(self, request: httpx.Request) -> None:
        """Refuse what has no token, no fresh id or not the right type (headers.md)."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.signed_out or token not in self.tokens:
            raise Wrong(401, "unauthenticated")
        asked = request.headers.get("client-request-id", "")
        if not _GUID.fullmatch(asked) or asked in self.asked:
            raise Wrong(400, "invalidRequest")
        self.asked.add(asked)
        if (request.url.host, request.url.scheme) != (HOST, "https"):
            raise Wrong(404, "itemNotFound")
        if not request.url.path.startswith(PATH):
            raise Wrong(404, "itemNotFound")
        if request.content and request.headers.get("content-type") != "application/json":
            raise Wrong(415, "invalidRequest")

    def _list(self, request: httpx.Request) -> dict[str, Any]:
        query = dict(request.url.params)
        start = int(query.pop("$skiptoken", "0"))
        if start:
            query = dict(self.query)  # a token knows what was asked for
        self.query = dict(query)
        if query.pop("$orderby", "createdDateTime desc") != "createdDateTime desc":
            raise Wrong(400, "invalidRequest")
        tests = [FILTERS.fullmatch(one) for one in query.get("$filter", "").split(" and ") if one]
        columns = [name for name in query.get("$select", "").split(",") if name] or [*SHOWN]
        if None in tests or {*columns} - {*SHOWN} or {*query} - {"$filter", "$select"}:
            raise Wrong(400, "invalidRequest")
        rows = sorted(self.rows.values(), key=lambda row: str(row["createdDateTime"]), reverse=True)
        held = [row for row in rows if all(_holds(test, row) for test in tests if test)]
        page = [
            {name: row[name] for name in columns if name in row}
            for row in held[start : start + self.PAGE]
        ]
        answer = {"@odata.count": len(held), "value": page}
        if len(held) > start + self.PAGE:
            # As in the page's sample: plain http, and another path.
            link = f"http://{HOST}/v1.0/referrals?$skiptoken={start + self.PAGE}"
            answer["@odata.nextLink"] = link
        return answer

    def _create(self, told: Any) -> dict[str, Any]:
        if not isinstance(told, dict) or [name for name in REQUIRED if not told.get(name)]:
            raise Wrong(400, "invalidRequest")
        self._check_shape(told)
        if told["type"] == "Shared" and not told.get("target"):
            raise Wrong(400, "invalidRequest")
        offered = {one["id"] for one in told["details"]["requirements"]["solutions"]}
        of_service = told["type"] == "Shared" and offered & self.services
        if of_service and not all(told.get(name) for name in SERVICE):
            raise Wrong(400, "invalidRequest")
        engagements = {row["engagementId"] for row in self.rows.values()}
        if "engagementId" in told and told["engagementId"] not in engagements:
            raise Wrong(400, "invalidRequest")
        # An own referral is Active at once (create-a-referral.md, the sample's answer).
        told = {"status": "Active", "substatus": "Accepted", "externalReferenceId": None, **told}
        return self.rows[self.add(**told)]

    def _patch(self, request: httpx.Request, row: dict[str, Any]) -> httpx.Response:
        """patch-a-referral.md: replace and add only; If-Match is honoured."""
        if request.headers.get("if-match", row["eTag"]) != row["eTag"]:
            raise Wrong(412, "preconditionFailed")
        changed = deepcopy(row)
        for operation in json.loads(request.content):
            if operation["op"] not in {"replace", "add"} or len(operation) != 3:
                raise Wrong(400, "invalidRequest")
            _apply(changed, operation)
        if row["status"] == "Closed" or changed["status"] not in NEXT[row["status"]]:
            raise Wrong(400, "invalidRequest")
        if changed["substatus"] not in SUBSTATUS[changed["status"]]:
            raise Wrong(400, "invalidRequest")
        self._check_shape({name: changed[name] for name in SHAPE if changed.get(name) is not None})
        row |= changed | {"eTag": self._etag(), "updatedDateTime": self.clock}
        if request.headers.get("prefer") == "return=representation":
            return httpx.Response(200, json=row)
        return httpx.Response(204)

    def _check_shape(self, told: Mapping[str, Any]) -> None:
        _fits(told, SHAPE)
        for name, choices in CHOICES.items():
            if told.get(name, next(iter(choices))) not in choices:
                raise Wrong(400, "invalidRequest")
        members = told["customerProfile"].get("team", [])
        if self.refused & {member.get("email", "").lower() for member in members}:
            raise Wrong(400, "invalidRequest")


def _fits(value: Any, shape: Any) -> None:
    """Refuse what is not of the *shape*: unknown fields, nulls, other types."""
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping) or {*value} - {*shape}:
            raise Wrong(400, "invalidRequest")
        for name, one in value.items():
            _fits(one, shape[name])
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise Wrong(400, "invalidRequest")
        for one in value:
            _fits(one, shape[0])
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is not FLAG):
        raise Wrong(400, "invalidRequest")


def _apply(row: dict[str, Any], operation: Mapping[str, Any]) -> None:
    """RFC 6902: what is replaced must be there, and so must what holds it."""
    *way, last = operation["path"].split("/")[1:]
    place: Any = row
    for name in way:
        place = place[int(name)] if isinstance(place, list) else place.get(name)
        if not isinstance(place, dict | list):
            raise Wrong(400, "invalidRequest")
    if isinstance(place, list):
        if last != "-" or operation["op"] != "add":
            raise Wrong(400, "invalidRequest")
        place.append(operation["value"])
        return
    if operation["op"] == "replace" and place.get(last) is None:
        raise Wrong(400, "invalidRequest")
    place[last] = operation["value"]


def _holds(test: re.Match[str], row: Mapping[str, Any]) -> bool:
    if test[3]:
        return str(row[test[3]]) >= test[4]
    return bool(row.get(test[1]) == test[2])


def failure(status: int, code: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An error as error-codes.md shows it; its message quotes people, as messages do."""
    error = {"code": code, "message": "The e-mail sample.buyer@fabrikam.example", "target": "x"}
    return httpx.Response(status, json={"error": error}, headers=dict(headers or {}))
