"""Orders of an operator, and what was counted and noted of them."""

from __future__ import annotations

from typing import Any

from leadshare.operators.orders.replay import Window
from tests.builders import IDENTITY, Office
from tests.laws.checker import violations

EVERYTHING = Window()


def counts(answer: dict[str, Any]) -> tuple[int, int]:
    """How many rows matched, and how many were replayed."""
    return answer["matched"], answer["replayed"]


def states(office: Office) -> list[str]:
    """The states of all deliveries to the CRM."""
    deliveries = office.table.values("delivery")
    return [one["state"] for one in deliveries if one["destination"] == "crm"]


def lawful(office: Office) -> bool:
    """Whether all rows agree; what is configured as a notice is one."""
    rows = [(*place, values) for place, (values, _) in office.table.rows.items()]
    notices = {one.name for one in office.configuration.destination if not one.follows_up}
    return not violations(rows, identity=IDENTITY, notices=notices)
