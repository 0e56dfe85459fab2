"""Telemetry: what leadshare tells of itself, as data: every event with its facts.

An event is one JSON line, which is there wherever the app runs. Metrics and spans are made of the
same events, so that both tell the same, and are sent where the platform sends any.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "books.failed": ("book", "fault"),
    "books.taken": ("book", "lines", "units"),
    "books.watched": ("book", "fault", "failing_ms", "told_ms", "late"),
    "chain.linked": ("what", "ended"),
    "chore.failed": ("chore", "fault"),
    "clock.off": ("behind_seconds",),
    "counts.stopped": ("zone", "kept"),
    "day.counted": (
        *("day", "zone", "touches", "repeats", "tests", "internals", "blanks", "no_contacts"),
        *("contacts", "leads", "sales_ready", "called", "opportunities", "won", "lost"),
        *("unrouted", "delivered", "parked", "departed", "kinds", "campaigns"),
    ),
    "delivery.attempted": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "delivery.looked_up": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "delivery.crashed": ("destination", "fault"),
    "delivery.parked": ("destination", "lead", "reason"),
    "erasure.attempted": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "erasure.done": ("order",),
    "erasure.failed": ("order", "fault"),
    "erasure.left": ("destination", "lead", "reason"),
    "erasure.ordered": ("order",),
    "event.failed": ("status", "fault"),
    "event.taken": ("status", "reason"),
    "lane.failed": ("destination", "fault"),
    "lane.lost": ("destination",),
    "listing.watched": ("listing", "leads", "silent_ms", "usual_ms", "late"),
    "nudge.failed": ("destination", "fault"),
    "nudge.unknown": (),
    "operator.refused": ("status", "fault"),
    "outcome.expired": ("source", "reason"),
    "outcome.failed": ("source", "fault"),
    "outcome.recorded": ("lead", "source", "state"),
    "outcome.refused": ("status", "fault"),
    "outcome.taken": ("status", "reason"),
    "outcome.waits": ("source", "reason"),
    "outcomes.refused": ("destination", "fault"),
    "poison.failed": ("queue", "fault"),
    "preflight.crashed": ("destination", "fault"),
    "preflight.done": ("destination", "problems", "leads", "proven"),
    "proof.arrived": ("waited_ms", "failures"),
    "proof.off": ("reason",),
    "proof.sent": ("status", "fault", "failures"),
    "queues.failed": ("fault",),
    "queues.watched": ("queues",),
    "referral.classified": ("referral", "kind", "note"),
    "referral.given_up": ("referral", "note"),
    "referral.unreachable": ("referral", "reason"),
    "reminder.attempted": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace"),
    ),
    "reminder.dropped": ("destination", "lead", "reason"),
    "reminder.owed": ("lead", "kind", "waited_ms", "unread"),
    "report.mailed": ("week", "reason", "may_have_left"),
    "replay.done": (
        *("what", "dry_run", "matched", "replayed", "lead", "destination", "reason", "since"),
        *("until", "touch"),
    ),
    "step.attempted": (
        *("destination", "lead", "version", "attempt", "outcome", "reason", "status"),
        *("milliseconds", "owed_ms", "since_touch_ms", "trace", "track", "verb"),
    ),
    "step.dropped": ("destination", "lead", "reason"),
    "step.left_out": ("lead", "track", "verb", "step", "reason"),
    "step.planned": ("lead", "track", "verb", "step", "destination"),
    "retention.done": (
        *("leads", "tests", "bodies", "quarantined", "acts", "suppressions", "more"),
    ),
    "source.failed": ("source", "fault"),
    "source.cut": ("source", "touch"),
    "source.lost": ("source",),
    "source.read": ("source", "met", "new", "pages"),
    "telemetry.failed": ("fault",),
    "tick.done": ("lanes", "milliseconds"),
    "track.begun": ("lead", "track"),
    "track.left": ("lead", "track", "reason"),
    "touch.classified": (
        *(
            "touch",
            "lead",
            "storefront",
            "intent",
            "category",
            "via",
            "listing",
            "campaign",
            "flags",
        ),
        *("changed", "new", "duplicate", "lead_category", "routing", "stage", "ready"),
        *("score", "waited_ms", "trace"),
    ),
    "touch.crashed": ("touch", "fault"),
    "touch.erased": (),
    "touch.quarantined": ("touch", "reason"),
    "touch.refused": ("listing", "status", "bytes", "framed", "reason", "trace"),
    "touch.taken": ("touch", "status", "bytes", "framed", "reason", "trace"),
    "unrouted.counted": ("leads", "deliveries", "oldest_ms"),
    "unrouted.found": ("lead", "storefront", "listing", "intent", "stage"),
    "waiting.counted": ("leads", "over_target", "oldest_ms"),
    "worklist.done": ("destination", "done", "others"),
}
"""The facts of each event; `event`, the head of the chain of custody (`chain`) once it is known,
and, from a warning on, `level` are told of all."""

OTHER: Final = "other"
"""What is told of a listing or campaign that the configuration does not name."""


def among(name: str, known: Collection[str]) -> str:
    """Return a *name* that the publisher knows; anything else may be a customer's words."""
    return name if not name or name in known else OTHER


STANDING: Final = (
    *("breaker", "disabled", "stopped", "rests_ms", "left", "due", "oldest_ms", "proven_ms"),
)
"""The facts of each lane, by its destination, in `lanes` of `tick.done`; the outcomes of what left
in that tick stand beside them, counted."""


SPANS: Final[Mapping[str, tuple[Literal["client", "consumer"], str]]] = {
    "touch.classified": ("consumer", "waited_ms"),
    "delivery.attempted": ("client", "milliseconds"),
    "delivery.looked_up": ("client", "milliseconds"),
}
"""Events that are steps of a lead's trace, with their kind and the fact that tells how long."""


DONE: Final = "accepted"
"""The outcome of what did not fail."""

SPAN_SHARE: Final = 0.1
"""The share of traces whose spans are sent, each whole; of what failed every span is."""
