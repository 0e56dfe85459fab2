"""Local host: what the host's JSON library makes of text that passes through it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?")


def looks_like_json(text: str) -> bool:
    """The host parses a string only if it is wrapped in braces or brackets."""
    text = text.strip()
    return text[:1] + text[-1:] in {"{}", "[]"}


def parse(text: str) -> Any:
    """Parse *text*; strings that look like dates come out in the library's own form."""
    return _rewrite_dates(json.loads(text))


def to_text(value: Any) -> str:
    """Write a parsed value as .NET's ToString() does: objects and arrays indented."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return str(value)
        case _:
            return json.dumps(value, indent=2, ensure_ascii=False)


def to_date(text: str) -> datetime | None:
    """Read what the library takes for a date; an offset is turned into the host's zone, UTC."""
    match = DATE.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match[1] + (match[3] or ""))
    except ValueError:  # such as month 13: stays a string
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _rewrite_dates(value: Any) -> Any:
    match value:
        case dict():
            return {name: _rewrite_dates(item) for name, item in value.items()}
        case list():
            return [_rewrite_dates(item) for item in value]
        case str() if moment := to_date(value):
            return _rewrite_date(value, moment)
        case _:
            return value


def _rewrite_date(text: str, moment: datetime) -> str:
    """Cut the fraction's trailing zeros and write an offset as the host's."""
    fraction = (DATE.fullmatch(text) or [""] * 3)[2] or ""
    fraction = fraction[:7].rstrip("0")
    zone = "Z" if text.endswith("Z") else "+00:00" if moment.tzinfo else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}{zone}"
