"""Odoo's answers, as a real Odoo 19 gives them; the texts of `load` are those of its source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from tests.destinations.answers.harness import Read, Row
from tests.destinations.odoo.loading import error

KIND: Final = "odoo"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.url.path.endswith("/crm.lead/load"),
    "references": lambda request: request.url.path.endswith("/res.country/search_read"),
    "states": lambda request: request.url.path.endswith("/crm.lead/search_read"),
    "key": lambda request: request.url.path.endswith("/check_object_reference"),
}

LOAD: Final = "odoo/odoo, odoo/orm/models.py, load"
CONVERT: Final = "odoo/odoo, odoo/addons/base/models/ir_fields.py"
SERVER: Final = "odoo/odoo, addons/rpc/controllers/json2.py"
POSTGRESQL: Final = "PostgreSQL's messages, handed on by load"


def refusal(message: str, **more: Any) -> httpx.Response:
    """A call of `load` that took nothing: HTTP 200 all the same."""
    told = {"type": "error", "record": 0, "rows": {"from": 0, "to": 0}, "message": message}
    return httpx.Response(200, json={"ids": False, "messages": [{**told, **more}], "nextrow": 0})


ROWS: Final = [
    Row(
        "OD401",
        Read.AUTH,
        error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"),
        SERVER,
        "unauthorised",
    ),
    Row(
        "OD403",
        Read.AUTH,
        error(403, "odoo.exceptions.AccessError", "You are not allowed"),
        SERVER,
        "forbidden",
    ),
    Row(
        "OD404",
        Read.CONFIG,
        error(404, "werkzeug.exceptions.NotFound", "the model 'crm.lead' does not exist"),
        SERVER,
        "crm_missing",
    ),
    Row(
        "OD400",
        Read.CONFIG,
        error(400, "werkzeug.exceptions.BadRequest", "could not parse"),
        SERVER,
        "odoo_BadRequest",
    ),
    Row(
        "OD422",
        Read.REJECT,
        error(422, "odoo.exceptions.ValidationError", "A rule of ours refuses this"),
        SERVER,
        "odoo_ValidationError",
    ),
    Row(
        "OD422n",
        Read.WITHOUT,
        error(422, "odoo.exceptions.ValidationError", "The value of Phone is not allowed"),
        SERVER,
    ),
    Row(
        "OD500",
        Read.CONFIG,
        error(500, "builtins.TypeError", "unsupported operand"),
        SERVER,
        "odoo_TypeError",
    ),
    Row(
        "OD500f",
        Read.CONFIG,
        error(500, "builtins.ValueError", "Invalid field name 'x_score'"),
        LOAD,
        "field_missing",
    ),
    Row(
        "OD500s",
        Read.CONFIG,
        error(500, "builtins.ValueError", "Invalid field crm.lead.won_status in 'read'"),
        "as OD500f, of a look-up",
        "field_missing",
        to="states",
        known="sent",
    ),
    Row("OD502", Read.CONFIG, httpx.Response(502, html="<p>Bad</p>"), "nginx", "http_502"),
    Row("OD413", Read.REJECT, httpx.Response(413), "nginx", "odoo_413"),
    Row(
        "OD429",
        Read.THROTTLE,
        httpx.Response(429, headers={"Retry-After": "9"}),
        "nginx",
        "throttled",
        hold=9,
    ),
    Row(
        "OD-right",
        Read.AUTH,
        refusal("You are not allowed to modify 'Lead' (crm.lead) records."),
        LOAD,
        "forbidden",
    ),
    Row(
        "OD-field",
        Read.WITHOUT,
        refusal("Value 'x' cannot be used there", field="phone", field_name="Phone"),
        CONVERT,
    ),
    Row(
        "OD-compound",
        Read.WITHOUT,
        refusal("No country there", field="country_id/.id", field_name="Country"),
        CONVERT,
    ),
    Row(
        "OD-rule",
        Read.REJECT,
        refusal("A rule of ours refuses this"),
        LOAD,
        "odoo_refused",
    ),
    Row(
        "OD-lacking",
        Read.REJECT,
        refusal("Missing required value for the field 'Phone' (phone)", field="phone"),
        CONVERT,
        "odoo_refused.phone",
    ),
    Row(
        "OD-410",
        Read.CONFIG,
        httpx.Response(410),
        "a proxy",
        "http_410",
    ),
    Row(
        "OD-serialise",
        Read.RETRY,
        refusal("could not serialize access due to concurrent update"),
        POSTGRESQL,
        "concurrent_update",
    ),
    Row(
        "OD-deadlock",
        Read.RETRY,
        refusal("deadlock detected"),
        POSTGRESQL,
        "concurrent_update",
    ),
    Row(
        "OD-broken",
        Read.CONFIG,
        refusal("Unknown error during import: <class 'KeyError'>: 'x'"),
        LOAD,
        "odoo_error",
    ),
    Row(
        "OD-reference",
        Read.CONFIG,
        refusal("No matching record found for database id '9' in field 'Source'"),
        CONVERT,
        "reference_gone",
    ),
    Row(
        "OD-ours",
        Read.RETRY,
        refusal('duplicate key violates "ir_model_data_module_name_uniq_index"'),
        POSTGRESQL,
        "changed_meanwhile",
    ),
    Row(
        "OD-theirs",
        Read.PARK,
        refusal("The value for the field 'x_number' already exists"),
        LOAD,
        "duplicate_in_crm",
    ),
    Row(
        "OD-hidden",
        Read.THROTTLE,
        refusal("Rate limit exceeded, try again in 2 minutes"),
        "none: a publisher's own module",
        "throttled",
        hold=120,
    ),
    Row(
        "OD-page",
        Read.CONFIG,
        httpx.Response(200, html="<p>Sign in</p>"),
        "a proxy",
        "unreadable_answer",
    ),
    Row(
        "OD-references",
        Read.CONFIG,
        httpx.Response(503),
        "as OD502, of a look-up",
        "http_503",
        to="references",
    ),
]
