"""Outside: what leadshare tells of itself, as data: every event with its facts, every metric.

An event is one JSON line, which is there wherever the app runs. Metrics and spans are made of the
same events, so that both tell the same, and are sent where the platform sends any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "delivery.attempted": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "delivery.checked": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "delivery.crashed": ("destination", "fault"),
    "delivery.parked": ("destination", "lead", "reason"),
    "desk.refused": ("status", "fault"),
    "event.failed": ("status", "fault"),
    "event.taken": ("status", "reason"),
    "lane.failed": ("destination", "fault"),
    "lane.lost": ("destination",),
    "lane.worked": (
        *("destination", "breaker", "disabled", "stopped", "rests_ms", "left", "due"),
        *("oldest_ms", "proven_ms"),
    ),
    "listing.watched": ("listing", "leads", "silent_ms", "usual_ms", "late"),
    "preflight.crashed": ("destination", "fault"),
    "preflight.done": ("destination", "problems", "leads", "proven"),
    "referral.classified": ("referral", "kind", "touch", "lead", "note"),
    "referral.given_up": ("referral", "note"),
    "referral.unreachable": ("referral", "reason"),
    "replay.done": (
        *("what", "dry_run", "matched", "replayed", "destination", "reason", "since", "until"),
    ),
    "table.cut": ("table", "touch"),
    "table.failed": ("table", "fault"),
    "table.lost": ("table",),
    "table.read": ("table", "met", "new", "pages"),
    "telemetry.failed": ("fault",),
    "tick.done": ("lanes", "milliseconds"),
    "tick.overlapped": (),
    "touch.classified": (
        *("touch", "lead", "storefront", "intent", "lane", "via", "listing", "campaign", "flags"),
        *("changed", "new", "duplicate", "lead_lane", "stage", "score", "waited_ms", "trace"),
    ),
    "touch.crashed": ("touch", "fault"),
    "touch.quarantined": ("touch", "reason"),
    "touch.taken": ("touch", "status", "bytes", "reason", "trace"),
    "worklist.done": ("destination", "done", "others"),
}
"""The facts of each event; `event` and, from a warning on, `level` are told of all."""


@dataclass(frozen=True, slots=True)
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
    where: tuple[str, Any] | None = None
    """The fact, and its value, without which the event does not count."""


METRICS: Final = (
    Metric(
        *("leadshare.touches", "counter", "{touch}", "Touches classified for the first time."),
        event="touch.classified",
        by=("storefront", "intent", "lane", "via"),
        where=("changed", True),
    ),
    Metric(
        *("leadshare.leads", "counter", "{lead}", "New leads, by class and stage."),
        event="touch.classified",
        by=("storefront", "lead_lane", "stage"),
        where=("new", True),
    ),
    Metric(
        *("leadshare.lead.score", "histogram", "1", "Scores of new leads, 0 to 100."),
        event="touch.classified",
        value="score",
        by=("storefront", "stage"),
        where=("new", True),
    ),
    Metric(
        *("leadshare.duplicates", "counter", "{touch}", "Touches that repeat an earlier one."),
        event="touch.classified",
        by=("storefront", "via"),
        where=("duplicate", True),
    ),
    Metric(
        *("leadshare.queue.age", "histogram", "ms", "From taking a touch to keeping it."),
        event="touch.classified",
        value="waited_ms",
    ),
    Metric(
        *("leadshare.quarantined", "counter", "{touch}", "Touches that no lead was made of."),
        event="touch.quarantined",
        by=("reason",),
    ),
    Metric(
        *("leadshare.attempts", "counter", "{attempt}", "Attempts at a delivery, by outcome."),
        event="delivery.attempted",
        by=("destination", "outcome", "reason"),
    ),
    Metric(
        *("leadshare.attempt.duration", "histogram", "ms", "How long attempts took."),
        event="delivery.attempted",
        value="milliseconds",
        by=("destination", "outcome"),
    ),
    Metric(
        *("leadshare.delivery.duration", "histogram", "ms"),
        "From a lead's last touch to its delivery.",
        event="delivery.attempted",
        value="since_touch_ms",
        by=("destination",),
        where=("outcome", "accepted"),
    ),
    Metric(
        *("leadshare.landing.failures", "counter", "{record}"),
        "Looks for an accepted record that did not find it.",
        event="delivery.checked",
        by=("destination",),
        where=("outcome", "rejected"),
    ),
    Metric(
        *("leadshare.parked", "counter", "{delivery}", "Deliveries parked, by reason."),
        event="delivery.parked",
        by=("destination", "reason"),
    ),
    Metric(
        *("leadshare.due", "gauge", "{delivery}"),
        "Deliveries left due of those that the last tick read.",
        event="lane.worked",
        value="due",
        by=("destination",),
    ),
    Metric(
        *("leadshare.due.oldest", "gauge", "ms", "For how long the oldest of them is owed."),
        event="lane.worked",
        value="oldest_ms",
        by=("destination",),
    ),
    Metric(
        *("leadshare.lane.stopped", "gauge", "1"),
        "1 while a breaker is open or the destination is disabled, else 0.",
        event="lane.worked",
        value="stopped",
        by=("destination",),
    ),
    Metric(
        *("leadshare.budget.left", "gauge", "{call}", "Calls that the rate budget has left."),
        event="lane.worked",
        value="left",
        by=("destination",),
    ),
    Metric(
        *("leadshare.proven.age", "gauge", "ms", "Since a record was last read back."),
        event="lane.worked",
        value="proven_ms",
        by=("destination",),
    ),
)


SPANS: Final[Mapping[str, tuple[Literal["client", "consumer"], str]]] = {
    "touch.classified": ("consumer", "waited_ms"),
    "delivery.attempted": ("client", "milliseconds"),
    "delivery.checked": ("client", "milliseconds"),
}
"""Events that are steps of a lead's trace, with their kind and the fact that tells how long."""
