"""What Salesforce answers. Codes without a text of the vendor's are StatusCodes of the WSDL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

import httpx

from tests.destinations.answers.harness import Answer, Read, Row
from tests.destinations.salesforce.beside import row_error
from tests.destinations.salesforce.database import KEY
from tests.destinations.simulators.salesforce import refused

KIND: Final = "salesforce"
PLACES: Final = {
    "write": lambda request: "/composite/sobjects" in request.url.path,
    "query": lambda request: request.url.path.endswith("/composite"),
    "token": lambda request: request.url.path.endswith("/token"),
}

COUNTRY: Final = (
    "There's a problem with this country, even though it may appear correct. Please select a"
    " country/territory from the list of valid countries.: Country"
)
RETRIES: Final = (
    "Too many retries of batch save in the presence of Apex triggers with failures: when triggers"
    " are present partial save requires that some subset of rows save without any errors in order"
    " to avoid inconsistent side effects from those triggers. Number of retries: 2"
)
NUMBERED: Final = {
    "LIMIT_EXCEEDED": "SF17",
    "TOO_MANY_APEX_REQUESTS": "SF18",
    "PROCESSING_HALTED": "SF20",
    "ALREADY_IN_PROCESS": "SF21",
}
WSDL: Final = "partner WSDL, StatusCode"


def record(code: str, message: str = "", *fields: str) -> Callable[[httpx.Request], httpx.Response]:
    """The same refusal for every record of a call."""

    def answer(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.content)["records"])
        return httpx.Response(200, json=[row_error(code, message, *fields)] * count)

    return answer


def token(error: str, words: str, status: int = 400) -> httpx.Response:
    """A sign-in that is refused."""
    return httpx.Response(status, json={"error": error, "error_description": words})


def composed(status: int, code: str, message: str) -> httpx.Response:
    """A query that is refused within a composite call."""
    part = {"httpStatusCode": status, "body": [{"errorCode": code, "message": message}]}
    return httpx.Response(200, json={"compositeResponse": [part]})


def of_records(read: Read, source: str, *rows: tuple[str, str, Answer]) -> Sequence[Row]:
    """Rows of records that are read alike: id, reason, answer."""
    return [Row(name, read, answer, source, reason) for name, reason, answer in rows]


def later(*codes: str) -> Sequence[Row]:
    """Records that wait by a code."""
    return [
        Row(NUMBERED.get(code, f"SF-{code}"), Read.RETRY, record(code), WSDL, f"salesforce_{code}")
        for code in codes
    ]


RECORDS: Final = (
    Row(
        "SF1",
        Read.RETRY,
        record("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
        "public retry code 31241890535",
        "salesforce_UNABLE_TO_LOCK_ROW",
    ),
    *of_records(
        Read.PARK,
        "Salesforce docs",
        ("SF2", "duplicate_in_crm", record("DUPLICATES_DETECTED", "Use one of these records?")),
        (
            "SF10",
            "duplicate_in_crm",
            record("DUPLICATE_VALUE", "duplicate value found: Tax__c duplicates value on record"),
        ),
    ),
    Row(
        "SF9",
        Read.RETRY,
        record("DUPLICATE_VALUE", f"duplicate value found: {KEY} duplicates value on record"),
        "70280751118",
        "changed_meanwhile",
    ),
    Row(
        "SF3",
        Read.WITHOUT,
        record("FIELD_INTEGRITY_EXCEPTION", COUNTRY, "Country"),
        "Marketo Measure docs 16180457972; fixture 69106132504",
    ),
    Row(
        "SF3-text",
        Read.WITHOUT,
        record("FIELD_INTEGRITY_EXCEPTION", COUNTRY),
        "the same without fields",
    ),
    Row(
        "SF4",
        Read.WITHOUT,
        record("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", COUNTRY, "Country"),
        "fixture 69038620900",
    ),
    Row(
        "SF5",
        Read.WITHOUT,
        record("INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", "Email"),
        WSDL,
    ),
    *of_records(
        Read.REJECT,
        WSDL,
        (
            "SF6",
            "salesforce_FIELD_CUSTOM_VALIDATION_EXCEPTION",
            record("FIELD_CUSTOM_VALIDATION_EXCEPTION", "We do not want them"),
        ),
        (
            "SF7",
            "salesforce_REQUIRED_FIELD_MISSING",
            record("REQUIRED_FIELD_MISSING", "Required fields are missing: [Tax__c]", "Tax__c"),
        ),
    ),
    Row(
        "SF8", Read.WITHOUT, record("STRING_TOO_LONG", "Title: data value too large", "Title"), WSDL
    ),
    *of_records(
        Read.RETRY,
        "trigger",
        (
            "SF11",
            "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            record(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "System.LimitException: Too many SOQL queries: 101",
            ),
        ),
        (
            "SF12",
            "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "caused by: UNABLE_TO_LOCK_ROW"),
        ),
        (
            "SF13",
            "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            record(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "System.CalloutException: Read timed out"
            ),
        ),
        (
            "SF-F3",
            "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RETRIES),
        ),
        (
            "SF-F3-rolled-back",
            "salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            record(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "Other invalid records in this batch caused Apex triggers to roll back",
            ),
        ),
    ),
    *later(
        *("LIMIT_EXCEEDED", "TOO_MANY_APEX_REQUESTS", "PROCESSING_HALTED", "ALREADY_IN_PROCESS"),
        *("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "INVALID_READ_ONLY_USER_DML"),
        *("ENTITY_IS_LOCKED", "RECORD_IN_USE_BY_WORKFLOW", "INTERNAL_ERROR", "UNKNOWN_EXCEPTION"),
        *("MATCH_SERVICE_UNAVAILABLE_ERROR", "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"),
        *("LICENSE_LIMIT_EXCEEDED", "CANNOT_EXECUTE_FLOW_TRIGGER", "A_CODE_OF_NEXT_YEAR"),
    ),
    *of_records(
        Read.CONFIG,
        WSDL,
        ("SF14", "storage_full", record("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")),
        ("SF15", "forbidden", record("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access")),
        ("SF23", "forbidden", record("TXN_SECURITY_NO_ACCESS", "The action is not allowed")),
        (
            "SF-F4-owner",
            "reference_gone",
            record("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", "OwnerId"),
        ),
        ("SF-F4-rule", "reference_gone", record("INVALID_ASSIGNMENT_RULE", "no such rule")),
        (
            "SF-F14.3-record-type",
            "reference_gone",
            record(
                "INVALID_CROSS_REFERENCE_KEY",
                "Record Type ID: this ID value isn't valid for the user: 012000000000001",
                "RecordTypeId",
            ),
        ),
        (
            "SF-F14.3-owner",
            "reference_gone",
            record("FIELD_INTEGRITY_EXCEPTION", "Owner ID: owner not found", "OwnerId"),
        ),
        ("SF-F14.3-deleted", "reference_gone", record("ENTITY_IS_DELETED", "entity is deleted")),
        ("SF-F14.4", "field_missing", record("INVALID_FIELD", "No such column 'Tax__c' on Lead")),
        (
            "SF-F14.4-inner",
            "field_missing",
            record(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "first error: INVALID_FIELD, No such column 'Tax__c' on entity 'Lead'",
            ),
        ),
    ),
    Row(
        "SF-F14.2-record",
        Read.QUOTA,
        record("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        "errorcodes, in a record",
        hold=3600,
    ),
    Row(
        "SF-F14.2-rule",
        Read.RETRY,
        record("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Address service timed out, try again later"),
        "a trigger that tells its fault as a rule's",
    ),
    Row(
        "SF-F14.6-label",
        Read.WITHOUT,
        record("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Berufsbezeichnung: unzulässiger Wert"),
        "a rule of an org in German",
        prepare=lambda account, _: account.labels.update(Title="Berufsbezeichnung"),
    ),
    Row(
        "SF-F14.10",
        Read.PARK,
        record("DUPLICATE_VALUE", "重複した値が見つかりました"),
        "a message in Japanese, of another field",
        "duplicate_in_crm",
    ),
    Row(
        "SF-F14.10-ours",
        Read.RETRY,
        record("DUPLICATE_VALUE", "重複した値が見つかりました"),
        "the same, of our own key",
        "changed_meanwhile",
        prepare=lambda account, one: account.put(**{KEY: one.lead}),
    ),
)

CALLS: Final = (
    Row(
        "SF24",
        Read.AUTH,
        refused(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        "errorcodes",
        "unauthorised",
    ),
    Row(
        "SF25",
        Read.QUOTA,
        refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        "errorcodes",
        hold=3600,
    ),
    Row(
        "SF26",
        Read.THROTTLE,
        refused(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
        "help 000389067",
        hold=30,
    ),
    Row("SF27", Read.CONFIG, refused(403, "API_DISABLED_FOR_ORG", "not enabled"), "errorcodes"),
    Row(
        "SF28",
        Read.CONFIG,
        refused(400, "INVALID_FIELD", "No such column 'Tax__c' on sobject of type Lead"),
        "errorcodes",
        "field_missing",
    ),
    Row(
        "SF29",
        Read.CONFIG,
        refused(404, "NOT_FOUND", f"Provided external ID field does not exist: {KEY}"),
        "errorcodes",
        "key_missing",
    ),
    Row(
        "SF30",
        Read.REJECT,
        refused(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of double"),
        "errorcodes",
    ),
    Row("SF31", Read.RETRY, refused(503, "SERVER_UNAVAILABLE"), "errorcodes", "http_503"),
    Row("SF32", Read.RETRY, refused(500, "UNKNOWN_EXCEPTION"), "errorcodes", "http_500"),
    Row("SF33", Read.RETRY, refused(500, "UNABLE_TO_LOCK_ROW"), "31306725487", "http_500"),
    Row(
        "SF34",
        Read.RETRY,
        httpx.Response(200, html="<p>Down for maintenance</p>"),
        "help",
        "unreadable_answer",
    ),
    Row(
        "SF39",
        Read.RETRY,
        httpx.Response(302, headers={"location": "https://status.example"}),
        "help",
        "redirected",
    ),
    Row(
        "SF-F14.1", Read.RETRY, refused(410, "GONE", "version retired"), "an API's end", "http_410"
    ),
    Row(
        "SF-F14.2-hidden",
        Read.THROTTLE,
        refused(500, "UNKNOWN_EXCEPTION", "Too many concurrent requests; wait 90 seconds"),
        "a throttle behind a general code",
        hold=90,
    ),
    Row("SF-F14.5", Read.RETRY, refused(418, "A_CODE_OF_NEXT_YEAR", "no"), "made up"),
    Row(
        "SF-F14.4-query",
        Read.CONFIG,
        composed(400, "INVALID_FIELD", f"No such column '{KEY}' on entity 'Lead'"),
        "a part of a composite answer",
        "field_missing",
        to="query",
        look_up=True,
        known="sent",
    ),
)

SIGN_INS: Final = (
    Row(
        "SF35",
        Read.THROTTLE,
        token("invalid_grant", "login rate exceeded"),
        "help, oauth errors",
        to="token",
    ),
    Row(
        "SF36",
        Read.RETRY,
        token("unknown_error", "retry your request"),
        "public clients",
        "sign_in_unreachable",
        to="token",
    ),
    Row(
        "SF37",
        Read.AUTH,
        token("invalid_client_id", "client identifier invalid"),
        "help, oauth errors",
        "sign_in_failed",
        to="token",
    ),
    Row(
        "SF38",
        Read.AUTH,
        token("inactive_org", "organization has been locked"),
        "help, oauth errors",
        "sign_in_failed",
        to="token",
    ),
)

ROWS: Final = (*RECORDS, *CALLS, *SIGN_INS)
