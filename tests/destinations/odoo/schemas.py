"""What Odoo's JSON-2 API answers, as the real one of tests/odoo was seen to.

odoo/documentation, content/developer/reference/external_api.rst; odoo/orm/models.py of Odoo 19.
"""

from __future__ import annotations

import re
from typing import Any, Final

from tests.destinations.schemas import ANY, FAILED, OK, Kind


def _method(name: str, shape: Any) -> Kind:
    return Kind("POST", rf"^/json/2/[a-z.]+/{name}$", OK, shape)


_SAID: Final = {
    **dict.fromkeys(("type", "message"), str),
    "record": int,
    "rows": {"from": int, "to": int},
    "field?": str,
    "*": ANY,
}

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_MAYBE_TIME: Final = (_TIME, {False})
_NAMED: Final = ([(int, str)], {False})
"""Id and name of what a field points at."""

_LEAD: Final = {
    "id": int,
    **dict.fromkeys(("create_date?", "write_date?"), _TIME),
    **dict.fromkeys(("date_last_stage_update?", "date_conversion?", "date_closed?"), _MAYBE_TIME),
    **dict.fromkeys(("stage_id?", "lost_reason_id?", "company_currency?"), _NAMED),
    **dict.fromkeys(("active?", "is_blacklisted?"), bool),
    "won_status?": {"won", "lost", "pending"},
    "expected_revenue?": float,
    "*": ANY,
}
_MESSAGE: Final = {"id": int, "create_date?": _TIME, "res_id?": int, "*": ANY}
_GROUP: Final = {"res_id": int, "__extra_domain": list, "create_date:min": _TIME}

KINDS: Final = (
    _method("load", {"ids": ([int], bool), "messages": [_SAID], "nextrow": int}),
    Kind("POST", r"^/json/2/crm\.lead/search_read$", OK, [_LEAD]),
    Kind("POST", r"^/json/2/mail\.message/search_read$", OK, [_MESSAGE]),
    Kind(
        "POST",
        r"^/json/2/(?!crm\.lead|mail\.mess)[a-z.]+/search_read$",
        OK,
        [{"id": int, "*": ANY}],
    ),
    _method("formatted_read_group", [_GROUP]),
    _method("get_external_id", {"*": str}),
    _method("context_get", {"uid": int, "lang": str, "*": ANY}),
    _method("fields_get", {"*": {"type": str, "readonly?": bool, "required?": bool, "*": ANY}}),
    _method("default_get", {"*": ANY}),
    _method("has_access", bool),
    _method("check_object_reference", [(str, int, bool)]),
    _method("unlink", {True}),
    Kind(
        "POST",
        r"^/json/2/",
        FAILED,
        {**dict.fromkeys(("name", "message", "debug"), str), "arguments": list, "context": dict},
    ),
)
