"""What Odoo's JSON-2 API answers, as the real one of tests/odoo was seen to.

odoo/documentation, content/developer/reference/external_api.rst; odoo/orm/models.py of Odoo 19.
"""

from __future__ import annotations

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

KINDS: Final = (
    _method("load", {"ids": ([int], bool), "messages": [_SAID], "nextrow": int}),
    _method("search_read", [{"id": int, "*": ANY}]),
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
