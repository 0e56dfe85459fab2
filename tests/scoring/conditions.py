"""Conditions as the file has them, and what is said about them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from leadshare.errors import Faults


def asked(field: str, op: str, value: Any = None) -> dict[str, Any]:
    """A condition as the file has it."""
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def faults(model: Any, told: dict[str, Any]) -> list[tuple[Any, str]]:
    """What is said about *told*: places within it, and texts."""
    try:
        model.model_validate(told)
    except ValidationError as caught:
        found = []
        for error in caught.errors():
            own = error["ctx"]["error"]
            assert isinstance(own, Faults)
            found += [((*error["loc"], *place), text) for place, text in own.faults]
        return found
    return []
