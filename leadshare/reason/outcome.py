"""Reason codes: why an outcome that is posted is refused, and why one waits."""

from __future__ import annotations

from leadshare.errors import Code


class Unproven(Code):
    """Why an outcome is not proven to come from a source that is configured."""

    ID_MISSING = "id_missing", "It has no `webhook-id`, or one with a dot or a blank in it."
    TIMESTAMP_MISSING = "timestamp_missing", "Its `webhook-timestamp` is no Unix time in seconds."
    TIMESTAMP_OFF = (
        "timestamp_off",
        "Its `webhook-timestamp` is more than five minutes from our time.",
    )
    UNSIGNED = "unsigned", "Its `webhook-signature` has none that begins `v1,`."
    SIGNER_UNKNOWN = "signer_unknown", "No secret that is configured signs it so."


class Waits(Code):
    """Why an outcome waits, to be tried again."""

    UNKNOWN_LEAD = (
        "unknown_lead",
        "There is no lead of that id.",
        "Nothing, if the lead may still come; else correct the id where it is posted.",
    )
    NOT_OURS = (
        "not_ours",
        "leadshare did not write the message that was in the queue.",
        "Find out who writes there.",
    )
    GIVEN_UP = (
        "given_up",
        "1,000 tries, a minute apart, failed: configuration or storage.",
        "Mend; it is tried again by itself.",
    )
