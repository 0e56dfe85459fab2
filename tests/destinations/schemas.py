"""What answers of vendors look like, by what they publish: keys, types, and what must be there.

A shape is a type; a list of one shape; a mapping of keys, with `?` for those that may be missing
and `*` for others that may come besides; a set of values; a pattern of texts; or a tuple of shapes,
one of which is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import httpx

ANY: Final = object
Exchange = tuple[httpx.Request, httpx.Response]


class Kind(NamedTuple):
    """The answers to one kind of call."""

    method: str
    path: str
    """A regular expression."""
    statuses: frozenset[int]
    shape: Any


def misfit(value: Any, shape: Any, place: str = "$") -> str:
    """Return the first place in *value* that is not of the *shape*, "" for none."""
    match shape:
        case tuple():
            found = [misfit(value, one, place) for one in shape]
            return "" if "" in found else found[-1]
        case [one]:
            if not isinstance(value, list):
                return place
            found = [misfit(row, one, f"{place}[{number}]") for number, row in enumerate(value)]
            return next(filter(None, found), "")
        case Mapping():
            return _misfit_in(value, shape, place)
        case set() | frozenset():
            is_right = value in [*shape]  # it may be a list, which no set can look up
        case re.Pattern():
            is_right = isinstance(value, str) and bool(shape.fullmatch(value))
        case None:
            is_right = value is None
        case _:
            is_right = isinstance(value, shape) and not (isinstance(value, bool) and shape is int)
    return "" if is_right else place


def misfits(exchanges: Iterable[Exchange], kinds: Sequence[Kind]) -> list[str]:
    """Tell which of *exchanges* are of none of *kinds*, or not of the shape of theirs.

    The page of a failure is nobody's: whatever stands before a vendor's service may say it.
    """
    found = []
    for request, answer in exchanges:
        page = answer.is_error and answer.headers.get("content-type", "").startswith("text/")
        if page or not answer.content:
            continue
        asked = f"{request.method} {request.url.path} {answer.status_code}"
        told = [
            misfit(answer.json(), kind.shape)
            for kind in kinds
            if re.fullmatch(kind.method, request.method)
            and re.search(kind.path, request.url.path)
            and answer.status_code in kind.statuses
        ]
        if "" not in told:
            found.append(f"{asked}: {told} {answer.text[:500]}")
    return found


def _misfit_in(value: Any, shape: Mapping[str, Any], place: str) -> str:
    if not isinstance(value, dict):
        return place
    named = {name.rstrip("?"): one for name, one in shape.items() if name != "*"}
    missing = [name for name in shape if name[-1:] not in "?*" and name not in value]
    strange = [] if "*" in shape else [name for name in value if name not in named]
    if missing or strange:
        return f"{place}.{[*missing, *strange][0]}"
    others = shape.get("*", ANY)
    found = (misfit(one, named.get(name, others), f"{place}.{name}") for name, one in value.items())
    return next(filter(None, found), "")


_TEXT: Final = (str, None)
OK: Final = frozenset({200})
FAILED: Final = frozenset(range(400, 600))

_OAUTH_ERROR: Final = {"error": str, "error_description?": str, "*": ANY}

_SALESFORCE_FIELD: Final = {
    **dict.fromkeys(("name", "label", "type"), str),
    **dict.fromkeys(("createable", "updateable", "nillable", "defaultedOnCreate"), bool),
    **dict.fromkeys(("externalId", "unique", "restrictedPicklist"), bool),
    "length": int,
    "picklistValues": [
        {"active": bool, "defaultValue": bool, "label": _TEXT, "value": str, "validFor?": _TEXT}
    ],
    "*": ANY,
}
_SALESFORCE: Final = (
    Kind(
        "PATCH|POST|DELETE",
        r"/composite/sobjects$",
        OK,
        [
            (
                {"id": str, "success": {True}, "errors": [None], "created?": bool},
                {
                    "id?": str,
                    "success": {False},
                    "created?": bool,
                    "errors": [{"statusCode": str, "message": str, "fields": [str]}],
                },
            )
        ],
    ),
    Kind(
        "POST",
        r"/composite/sobjects/(Lead|Opportunity)$",
        OK,
        [({"attributes": dict, "*": ANY}, None)],
    ),
    Kind(
        "POST",
        r"/composite$",
        OK,
        {
            "compositeResponse": [
                {"body": ANY, "httpHeaders": dict, "httpStatusCode": int, "referenceId": str}
            ]
        },
    ),
    Kind(
        "GET",
        r"/query/$",
        OK,
        {"totalSize": int, "done": bool, "records": [{"attributes": dict, "*": ANY}]},
    ),
    Kind("GET", r"/describe$", OK, {"name": str, "fields": [_SALESFORCE_FIELD], "*": ANY}),
    Kind(
        "POST",
        r"/services/oauth2/token$",
        OK,
        {
            **dict.fromkeys(("access_token", "instance_url", "token_type", "id"), str),
            **dict.fromkeys(("issued_at", "signature"), str),
            "scope?": str,
        },
    ),
    Kind("POST", r"/services/oauth2/token$", FAILED, {"error": str, "error_description": str}),
    Kind(".*", r"/services/data/", FAILED, [{"errorCode": str, "message": str, "fields?": [str]}]),
)

_ZOHO_USER: Final = {"id": str, "name": str}
_ZOHO_DONE: Final = {
    "code": {"SUCCESS"},
    "status": {"success"},
    "message": str,
    "details": {
        "id": str,
        **dict.fromkeys(("Created_Time?", "Modified_Time?"), str),
        **dict.fromkeys(("Created_By?", "Modified_By?"), _ZOHO_USER),
    },
    "action?": _TEXT,
    "duplicate_field?": _TEXT,
}
_ZOHO_ERROR: Final = {"code": str, "status": {"error"}, "message": str, "details": dict}
_ZOHO_FIELD: Final = {
    **dict.fromkeys(("id", "api_name", "display_label", "field_label", "data_type"), str),
    **dict.fromkeys(("system_mandatory", "read_only", "field_read_only"), bool),
    "length": int,
    "unique": dict,
    "associated_module": ANY,
    "pick_list_values": [
        {
            **dict.fromkeys(("id", "actual_value", "display_value"), str),
            "sequence_number": int,
            "type": {"used", "unused"},
            "colour_code": _TEXT,
            "*": ANY,
        }
    ],
    "*": ANY,
}
_ZOHO_ENTRY: Final = {
    **dict.fromkeys(("id", "audited_time", "action", "source"), str),
    "done_by": {"id": str, "name": str, "*": ANY},
    "record": {"id": str, "name": str, "module": {"api_name": str, "id": str}},
    "automation_details": (dict, None),
    "related_record": (dict, None),
    "field_history": [{"api_name": str, "_value": {"old": ANY, "new": ANY}, "*": ANY}],
    "*": ANY,
}
_ZOHO: Final = (
    Kind(
        "POST|PUT|DELETE",
        r"/(Leads|Notes|Tasks|Contacts)$",
        OK | {202, 207, 400},
        {"data": [(_ZOHO_DONE, _ZOHO_ERROR)]},
    ),
    Kind(
        "GET",
        r"/(Leads|Deals|Contacts|Notes|Tasks|Leads/search|Campaigns/\d+)$",
        OK,
        {"data": [{"id": str, "*": ANY}], "info": {"count": int, "more_records": bool, "*": ANY}},
    ),
    Kind("GET", r"/Leads/\d+/__timeline$", OK, {"__timeline": [_ZOHO_ENTRY]}),
    Kind(
        "POST",
        r"/coql$",
        OK,
        {"data": [{"id": str, "*": ANY}], "info": {"count": int, "more_records": bool}},
    ),
    Kind("GET", r"/settings/fields$", OK, {"fields": [_ZOHO_FIELD]}),
    Kind("GET", r"/crm/v8/users$", OK, {"users": [{"id": str, "full_name": str, "*": ANY}]}),
    Kind(
        "POST",
        r"/oauth/v2/token$",
        OK | FAILED,
        (
            {
                **dict.fromkeys(("access_token", "api_domain", "token_type"), str),
                "expires_in": int,
                "scope?": str,
            },
            _OAUTH_ERROR,
        ),
    ),
    Kind(".*", r"/crm/v8/", FAILED, _ZOHO_ERROR),
)

_MICROSOFT_ERROR: Final = {"error": {"code": str, "message": str, "*": ANY}}
_REFERRAL: Final = {
    **dict.fromkeys(("id", "engagementId", "organizationId", "type", "eTag"), str),
    **dict.fromkeys(("status", "substatus", "createdDateTime", "updatedDateTime"), str),
    "externalReferenceId": _TEXT,
    "customerProfile": {"name": str, "team": [dict], "address?": dict, "*": ANY},
    "consent": dict,
    "details": {"notes": str, "requirements": dict, "*": ANY},
    "target": [{"type": str, "id": str}],
    "*": ANY,
}
_PARTNER_CENTER: Final = (
    Kind("POST", r"/engagements/referrals$", frozenset({201}), _REFERRAL),
    Kind("GET|PATCH", r"/engagements/referrals/[\w-]+$", OK, _REFERRAL),
    Kind(
        "GET",
        r"/engagements/referrals$",
        OK,
        {"value": [dict], "@odata.count?": int, "@odata.nextLink?": str, "@odata.context?": str},
    ),
    Kind(
        "POST",
        r"/oauth2/v2.0/token$",
        OK,
        {
            **dict.fromkeys(("token_type", "access_token", "refresh_token"), str),
            "expires_in": int,
            "*": ANY,
        },
    ),
    Kind("POST", r"/oauth2/v2.0/token$", FAILED, _OAUTH_ERROR),
    Kind(".*", r"/engagements/referrals", FAILED, _MICROSOFT_ERROR),
)

SCHEMAS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "partner_center_referral": _PARTNER_CENTER,
    "salesforce": _SALESFORCE,
    "zoho": _ZOHO,
}
"""By type of destination. Salesforce: api-rest guide, by the resources' pages. Zoho: zoho/crm-oas,
v8.0/record.json, fields.json and coql.json. Partner Center: referral-resources.md, error-codes.md.
Others have a module of their own, beside their tests."""
