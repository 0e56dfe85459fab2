"""Reason codes: what a preflight finds."""

from __future__ import annotations

from leadshare.errors import Code


class Problem(Code):
    """What a preflight finds, beside the reasons why nothing could be compared."""

    FIELD_MISSING = (
        "field_missing",
        "There is no such field, or it is hidden from our user.",
        "Create the field, or take it out of `fields`.",
    )
    FIELD_READ_ONLY = (
        "field_read_only",
        "Our user may not write a mapped field.",
        "Give the right, or map another.",
    )
    FIELD_REQUIRED = (
        "field_required",
        "The CRM demands a field that some leads lack.",
        "Map it with a `default`.",
    )
    SETTING_REQUIRED = (
        "setting_required",
        "Leads that can get there park without a setting, such as those of consulting services.",
        "Set `field` of that destination.",
    )
    VALUE_NOT_ALLOWED = (
        "value_not_allowed",
        "A picklist has no such value.",
        "Add `value` to the picklist, or map it with `values`.",
    )
    VALUE_TOO_LONG = (
        "value_too_long",
        "A text is longer than its field.",
        "Make the field longer, or cut it in the mapping.",
    )
    VALUE_IS_NO_NUMBER = (
        "value_is_no_number",
        "A field of numbers is filled with something else.",
        "Map another field.",
    )
    VALUE_IS_NO_BOOLEAN = (
        "value_is_no_boolean",
        "A yes-or-no field is filled with something else.",
        "Map another field.",
    )
    KEY_NOT_UNIQUE = (
        "key_not_unique",
        "The field of our key is missing, too short or not unique.",
        "Create it, as on the destination's page.",
    )
    TIMELINE_NOT_READY = (
        "timeline_not_ready",
        "No timeline takes what customers do later, for what `field` names. New leads go on.",
        "Create it, as on the destination's page, or set `timeline = false`.",
    )
    TASKS_NOT_READY = (
        "tasks_not_ready",
        "Nobody can be given a task there, for what `field` names. New leads go on.",
        "Create it, or give the right, as on the destination's page.",
    )
    ERASURE_NOT_READY = (
        "erasure_not_ready",
        "No person can be taken out there as `erase` says, for what `field` names. Leads go on.",
        "Give the right, as on the destination's page, or set `erase` otherwise.",
    )
    CAMPAIGN_UNKNOWN = (
        "campaign_unknown",
        "The CRM has not the campaign `field` under the id in `value`, or hides it. Leads go on.",
        "Set `ids` of that `[[campaign]]`, or give the right.",
    )
    SECRET_EXPIRES_SOON = (
        "secret_expires_soon",
        "A secret ends within 30 days.",
        "[Rotate](#rotate-secrets).",
    )
    SECRET_EXPIRED = "secret_expired", "A secret has ended.", "[Rotate](#rotate-secrets)."
    PREVIOUS_SECRET_ENDS_SOON = (
        "previous_secret_ends_soon",
        "In two days at most `previous_secret` signs no more.",
        "See that the receiver knows the newer secret.",
    )
    PREVIOUS_SECRET_ENDED = (
        "previous_secret_ended",
        "The secret in `previous_secret` signs no more.",
        "Take it and `previous_secret_until` out of `leadshare.toml`.",
    )
    BOOK_NOT_SHOWN = (
        "book_not_shown",
        "Partner Center's analytics shows no such dataset, column or time span.",
        "As on [its page](books.md#if-nothing-comes).",
    )
    TITLE_UNKNOWN = (
        "title_unknown",
        "Microsoft's books have a title that no `[[listing]]` has, or that several have.",
        "Correct `title` of that listing; its orders count as nobody's until then.",
    )
    TABLE_UNREADABLE = (
        "table_unreadable",
        "Microsoft's table does not answer; `value` says how. Found by `check` only.",
        "As on [its page](marketplace-table.md).",
    )
    PREFLIGHT_TIMED_OUT = (
        "preflight_timed_out",
        "The check took too long.",
        "Nothing: it is made again the next day; `python -m leadshare check` makes it now.",
    )
    PREFLIGHT_CRASHED = (
        "preflight_crashed",
        "A bug of ours, or storage, ended the check.",
        "`preflight.crashed` in the log has the place; it is made again the next day.",
    )
    MORE_FINDINGS = (
        "more_findings",
        "There are `value` more findings than there is room for.",
        "Mend the others first.",
    )
    CANARY_REFUSED = (
        "canary_refused",
        "The test record was not taken.",
        "`value` is the reason: see above.",
    )
    CANARY_NOT_FOUND = (
        "canary_not_found",
        "The test record was taken and not found.",
        "`value` is the reason: see above.",
    )
    CANARY_LEFT_BEHIND = (
        "canary_left_behind",
        "The test record could not be deleted; `value` says why.",
        "Delete the record of `MSFT_TEST_...` there by hand.",
    )
