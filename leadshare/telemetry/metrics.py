"""Telemetry: every metric, as data: what it tells of which event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One instrument, and what of which event it tells."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    description: str
    event: str
    value: str = ""
    """The fact that is measured; nothing where the event itself is counted."""
    by: tuple[str, ...] = ()
    """The facts that it is split by: few values each, and none of a person."""
    where: tuple[str, object] | None = None
    """The fact, and its value, without which the event does not count."""
    of_lanes: bool = False
    """Whether it is told of each lane in the event's `lanes`, `STANDING` and `destination`."""


METRICS: Final = (
    Metric(
        name="leadshare.touches",
        kind="counter",
        unit="{touch}",
        description="Touches classified for the first time.",
        event="touch.classified",
        by=("storefront", "intent", "category", "via"),
        where=("changed", True),
    ),
    Metric(
        name="leadshare.leads",
        kind="counter",
        unit="{lead}",
        description="New leads, by category and stage.",
        event="touch.classified",
        by=("storefront", "lead_category", "stage"),
        where=("new", True),
    ),
    Metric(
        name="leadshare.lead.score",
        kind="histogram",
        unit="1",
        description="Scores of new leads, 0 to 100.",
        event="touch.classified",
        value="score",
        by=("storefront", "stage"),
        where=("new", True),
    ),
    Metric(
        name="leadshare.duplicates",
        kind="counter",
        unit="{touch}",
        description="Touches that repeat an earlier one.",
        event="touch.classified",
        by=("storefront", "via"),
        where=("duplicate", True),
    ),
    Metric(
        name="leadshare.queue.age",
        kind="histogram",
        unit="ms",
        description="From taking a touch to keeping it.",
        event="touch.classified",
        value="waited_ms",
    ),
    Metric(
        name="leadshare.leads.unrouted",
        kind="counter",
        unit="{lead}",
        description="Leads that no destination takes.",
        event="unrouted.found",
        by=("storefront",),
    ),
    Metric(
        name="leadshare.leads.unrouted.standing",
        kind="gauge",
        unit="{lead}",
        description="Leads that still no destination takes.",
        event="unrouted.counted",
        value="leads",
    ),
    Metric(
        name="leadshare.quarantined",
        kind="counter",
        unit="{touch}",
        description="Touches that no lead was made of.",
        event="touch.quarantined",
        by=("reason",),
    ),
    Metric(
        name="leadshare.deliveries.calling",
        kind="counter",
        unit="{attempt}",
        description="Attempts at a delivery, by outcome.",
        event="delivery.attempted",
        by=("destination", "outcome", "reason"),
    ),
    Metric(
        name="leadshare.attempt.duration",
        kind="histogram",
        unit="ms",
        description="How long attempts took.",
        event="delivery.attempted",
        value="milliseconds",
        by=("destination", "outcome"),
    ),
    Metric(
        name="leadshare.delivery.duration",
        kind="histogram",
        unit="ms",
        description="From a lead's last touch to its delivery.",
        event="delivery.attempted",
        value="since_touch_ms",
        by=("destination",),
        where=("outcome", "accepted"),
    ),
    Metric(
        name="leadshare.look_up.failures",
        kind="counter",
        unit="{record}",
        description="Look-ups of an accepted record that did not find it.",
        event="delivery.looked_up",
        by=("destination",),
        where=("outcome", "rejected"),
    ),
    Metric(
        name="leadshare.parked",
        kind="counter",
        unit="{delivery}",
        description="Deliveries parked, by reason.",
        event="delivery.parked",
        by=("destination", "reason"),
    ),
    Metric(
        name="leadshare.due",
        kind="gauge",
        unit="{delivery}",
        description="Deliveries left due of those that the last tick read.",
        event="tick.done",
        of_lanes=True,
        value="due",
        by=("destination",),
    ),
    Metric(
        name="leadshare.due.oldest",
        kind="gauge",
        unit="ms",
        description="For how long the oldest of them is owed.",
        event="tick.done",
        of_lanes=True,
        value="oldest_ms",
        by=("destination",),
    ),
    Metric(
        name="leadshare.lane.stopped",
        kind="gauge",
        unit="1",
        description="1 while a breaker is open or the destination is disabled, else 0.",
        event="tick.done",
        of_lanes=True,
        value="stopped",
        by=("destination",),
    ),
    Metric(
        name="leadshare.budget.left",
        kind="gauge",
        unit="{call}",
        description="Calls that the rate budget has left.",
        event="tick.done",
        of_lanes=True,
        value="left",
        by=("destination",),
    ),
    Metric(
        name="leadshare.proven.age",
        kind="gauge",
        unit="ms",
        description="Since a record was last read back.",
        event="tick.done",
        of_lanes=True,
        value="proven_ms",
        by=("destination",),
    ),
)
