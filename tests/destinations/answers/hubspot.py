"""HubSpot's answers; its pages are those of developers.hubspot.com/docs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.answers.harness import Read, Row

KIND: Final = "hubspot"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.url.path.endswith("contacts/batch/upsert"),
    "leads": lambda request: request.url.path.endswith("leads/batch/create"),
    "search": lambda request: request.url.path.endswith("contacts/batch/read"),
}

BEFORE: Final = "2025-01-01T00:00:00.000Z"

LIMITS: Final = {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}


def refusal(status: int, category: str, message: str, **more: Any) -> httpx.Response:
    """The error of a call (specification, Error)."""
    told = {"status": "error", "category": category, "message": message, **more}
    correlation = "0a1b0a1b-0000-4000-8000-0123456789ab"
    return httpx.Response(status, json={**told, "correlationId": correlation})


def detail(code: str, name: str = "", message: str = "Not valid") -> dict[str, Any]:
    """One of an error's `errors` (specification, ErrorDetail)."""
    context = {"context": {"propertyName": [name]}} if name else {}
    return {"code": code, "message": message, **context}


def part(category: str, message: str, **more: Any) -> Callable[[httpx.Request], httpx.Response]:
    """A 207 that refuses every record of the call (specification, StandardError)."""

    def answer(request: httpx.Request) -> httpx.Response:
        inputs = json.loads(request.content)["inputs"]
        traces = [one["objectWriteTraceId"] for one in inputs]
        error = {"status": "error", "category": category, "message": message, "links": {}}
        error |= {"errors": [], "context": {"objectWriteTraceId": traces}, **more}
        times = dict.fromkeys(("startedAt", "completedAt"), BEFORE)
        body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error], **times}
        return httpx.Response(207, json=body)

    return answer


def taken(name: str, value: str, kind: str = "CONTACT") -> str:
    """How HubSpot tells that another record has a unique value."""
    object_type = f"ObjectTypeId{{legacyObjectType={kind}}}"
    place = f"portalId=1, objectTypeId={object_type}, propertyName={name}, value={value}"
    return f"Cannot set PropertyValueCoordinates{{{place}}} on 7. 8 already has that value."


def known(account: Any, one: Delivery) -> None:
    """A seller has typed the customer in."""
    account.add(at=BEFORE, email=one.record["email"], lastname="Given")


def ours(account: Any, one: Delivery) -> None:
    """Another process has just made the contact."""
    original = account.answer

    def answer(request: httpx.Request, *, store: bool) -> httpx.Response:
        if request.url.path.endswith("batch/read") and not account.live():
            reply: httpx.Response = original(request, store=store)
            account.add(leadshare_contact=one.lead.partition("-")[0])
            return reply
        again: httpx.Response = original(request, store=store)
        return again

    account.answer = answer


EMAIL: Final = "buyer1@fabrikam.example"
CONTACT: Final = f"{1:032x}"
LEAD: Final = f"{CONTACT}-fedcba9876543210"
SALES: Final = {"lead_object": True}

OLD_FORM: Final = (
    'Property values were not valid: [{"isValid":false,"message":"Email address bad is invalid",'
    '"error":"INVALID_EMAIL","name":"email"}]'
)
NO_PROPERTY: Final = (
    'Property values were not valid: [{"isValid":false,"message":"Property \\"x\\" does not exist",'
    '"error":"PROPERTY_DOESNT_EXIST","name":"x"}]'
)
NOT_UNIQUE: Final = "Unable to perform update/upsert by non-unique 0-1 property leadshare_contact"
PROFILE: Final = {"identityProfile": {"vid": 1, "identity": [{"value": EMAIL, "type": "EMAIL"}]}}

ROWS: Final = [
    Row(
        "HS1",
        Read.MERGE,
        refusal(409, "CONFLICT", "Contact already exists. Existing ID: 101"),
        "stape-io/hubspot-tag#7",
        prepare=known,
    ),
    Row(
        "HS2",
        Read.MERGE,
        refusal(400, "VALIDATION_ERROR", taken("email", EMAIL)),
        "public fixture 68689323038",
        prepare=known,
    ),
    Row(
        "HS3",
        Read.MERGE,
        part("VALIDATION_ERROR", taken("email", EMAIL)),
        "public fixture 68689323038, as a part",
        prepare=known,
    ),
    Row(
        "HS4",
        Read.MERGE,
        part("CONFLICT", "Contact already exists. Existing ID: 101"),
        "error-handling, multi-status errors",
        prepare=known,
    ),
    Row(
        "HS5",
        Read.RETRY,
        refusal(400, "VALIDATION_ERROR", taken("leadshare_contact", CONTACT)),
        "public fixture 68316625420",
        "changed_meanwhile",
    ),
    Row(
        "HS6",
        Read.RETRY,
        refusal(400, "VALIDATION_ERROR", taken("leadshare_id", LEAD, "LEAD")),
        "public fixture 68316625420",
        "changed_meanwhile",
        to="leads",
        settings=SALES,
    ),
    Row(
        "HS7",
        Read.MERGE,
        refusal(409, "OBJECT_ALREADY_EXISTS", "Contact already exists", **PROFILE),
        "community.hubspot.com 951534",
        prepare=known,
    ),
    Row(
        "HS8",
        Read.THROTTLE,
        httpx.Response(
            429,
            json={"policyName": "TEN_SECONDLY_ROLLING", "errorType": "RATE_LIMIT"},
            headers=LIMITS,
        ),
        "usage-guidelines",
        hold=10,
    ),
    Row(
        "HS9",
        Read.QUOTA,
        httpx.Response(
            429,
            json={
                "policyName": "DAILY",
                "errorType": "RATE_LIMIT",
                "message": "You have reached your daily limit.",
            },
            headers=LIMITS,
        ),
        "usage-guidelines",
        hold=3600,
    ),
    Row(
        "HS10",
        Read.THROTTLE,
        httpx.Response(
            429,
            json={"policyName": "SECONDLY", "message": "You have reached your secondly limit."},
        ),
        "usage-guidelines",
        hold=30,
    ),
    Row(
        "HS11",
        Read.AUTH,
        refusal(401, "EXPIRED_AUTHENTICATION", "The OAuth token used has expired"),
        "segmentio/segment-docs#6244",
        "unauthorised",
    ),
    Row(
        "HS12",
        Read.AUTH,
        refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found"),
        "hubspot-common-errors",
        "unauthorised",
    ),
    Row(
        "HS13",
        Read.AUTH,
        refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes"),
        "error-handling",
        "forbidden",
    ),
    Row(
        "HS14",
        Read.WITHOUT,
        refusal(400, "VALIDATION_ERROR", OLD_FORM),
        "community.hubspot.com",
    ),
    Row(
        "HS15",
        Read.WITHOUT,
        refusal(400, "VALIDATION_ERROR", "Invalid", errors=[detail("INVALID_EMAIL", "email")]),
        "error-handling",
    ),
    Row(
        "HS15r",
        Read.REJECT,
        refusal(400, "VALIDATION_ERROR", "A rule refuses it", errors=[detail("RULE_FAILED")]),
        "error-handling",
        "hubspot_RULE_FAILED",
    ),
    Row(
        "HS16",
        Read.CONFIG,
        refusal(400, "VALIDATION_ERROR", NO_PROPERTY),
        "error-handling",
        "field_missing",
    ),
    Row(
        "HS16p",
        Read.CONFIG,
        part("VALIDATION_ERROR", "Invalid", errors=[detail("PROPERTY_DOESNT_EXIST", "x")]),
        "error-handling, as a part",
        "field_missing",
    ),
    Row(
        "HS17",
        Read.CONFIG,
        refusal(400, "VALIDATION_ERROR", NOT_UNIQUE),
        "HubSpot/hubspot-api-nodejs#548",
        "key_missing",
    ),
    Row(
        "HS18",
        Read.RETRY,
        refusal(423, "LOCKED", "The record is locked"),
        "error-handling",
        "locked",
        hold=2,
    ),
    Row(
        "HS19",
        Read.RETRY,
        httpx.Response(477, headers={"Retry-After": "86400"}, text="Migration in progress"),
        "error-handling",
        "migrating",
        hold=86400,
    ),
    Row("HS20", Read.CONFIG, httpx.Response(502, html="<p>Bad</p>"), "Cloudflare", "http_502"),
    Row("HS21", Read.CONFIG, httpx.Response(524, html="<p>Late</p>"), "Cloudflare", "http_524"),
    Row("HS22", Read.AUTH, httpx.Response(403, html="<p>No</p>"), "Cloudflare", "forbidden"),
    Row(
        "HS23",
        Read.CONFIG,
        httpx.Response(200, json={"status": "COMPLETE", "results": [], "errors": []}),
        "rudderlabs/rudder-transformer, silentFailure.ts",
        "silently_empty",
    ),
    Row(
        "HS24",
        Read.REJECT,
        httpx.Response(400, json={"status": "error", "message": "Invalid input JSON on line 1"}),
        "HubSpot/hubspot-api-nodejs",
        "hubspot_400",
    ),
    Row(
        "HS25",
        Read.CONFIG,
        refusal(404, "OBJECT_NOT_FOUND", "resource not found"),
        "segmentio/segment-docs#6244",
        "http_404",
        to="leads",
        settings=SALES,
    ),
    Row(
        "HS26",
        Read.REJECT,
        refusal(414, "VALIDATION_ERROR", "Cannot have more than 250 identities on a profile"),
        "error-handling",
        "hubspot_414",
    ),
    Row(
        "HS27",
        Read.CONFIG,
        httpx.Response(503, headers={"Retry-After": "60"}),
        "error-handling",
        "http_503",
        hold=60,
    ),
    Row(
        "HS-language",
        Read.RETRY,
        refusal(409, "CONFLICT", "Ce contact existe déjà."),
        "as HS1, in another language",
        "changed_meanwhile",
        prepare=ours,
    ),
    Row(
        "HS-theirs",
        Read.PARK,
        part("VALIDATION_ERROR", "n", errors=[detail("CONFLICTING_UNIQUE_VALUE", "their_number")]),
        "as HS3, of a property of the publisher's own",
        "duplicate_in_crm",
    ),
    Row(
        "HS-search",
        Read.CONFIG,
        refusal(400, "VALIDATION_ERROR", NO_PROPERTY),
        "as HS16, of the look-up",
        "field_missing",
        to="search",
    ),
    Row(
        "HS-hidden",
        Read.QUOTA,
        refusal(403, "FORBIDDEN", "You have reached your daily limit."),
        "as HS9, behind another status",
        "quota_exhausted",
        hold=3600,
    ),
    Row(
        "HS-owner",
        Read.CONFIG,
        part("VALIDATION_ERROR", "Owner 77 does not exist"),
        "as HS14, of what a property points at",
        "reference_gone",
    ),
    Row(
        "HS-owner-code",
        Read.CONFIG,
        part("VALIDATION_ERROR", "n", errors=[detail("INVALID_OPTION", "hubspot_owner_id")]),
        "as HS-owner, by a code",
        "reference_gone",
    ),
    Row(
        "HS-hidden-part",
        Read.THROTTLE,
        part("VALIDATION_ERROR", "You have reached your secondly limit."),
        "as HS10, in a part",
        "throttled",
        hold=30,
    ),
    Row(
        "HS-day",
        Read.QUOTA,
        httpx.Response(429, headers={**LIMITS, "X-HubSpot-RateLimit-Daily-Remaining": "0"}),
        "usage-guidelines, headers",
        "quota_exhausted",
        hold=3600,
    ),
    Row(
        "HS-code",
        Read.MERGE,
        refusal(400, "VALIDATION_ERROR", "n", errors=[detail("CONFLICTING_UNIQUE_VALUE", "email")]),
        "public fixtures, by a code",
        prepare=known,
    ),
    Row(
        "HS-500",
        Read.MERGE,
        refusal(500, "INTERNAL_ERROR", taken("email", EMAIL)),
        "as HS2, behind another status",
        prepare=known,
    ),
    Row(
        "HS-410",
        Read.CONFIG,
        httpx.Response(410, json={"message": "This version of the API is retired"}),
        "none: a version that has ended",
        "http_410",
    ),
    Row(
        "HS-lacking",
        Read.REJECT,
        refusal(400, "VALIDATION_ERROR", "n", errors=[detail("REQUIRED_PROPERTY_MISSING", "x")]),
        "error-handling",
        "hubspot_REQUIRED_PROPERTY_MISSING",
    ),
    Row(
        "HS-unknown",
        Read.RETRY,
        refusal(400, "NEVER_HEARD_OF", "Hm"),
        "none: a category of tomorrow",
        "hubspot_NEVER_HEARD_OF",
    ),
]
