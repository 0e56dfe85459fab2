"""Reason codes: why a delivery waits, is parked or is suppressed."""

from __future__ import annotations

from leadshare.errors import Code
from leadshare.reason.fate import (
    BY_HAND,
    CONNECTION,
    IF_IT_PASSES,
    INSTALL,
    ITS_PAGE,
    NETWORK,
    NOTHING,
    PREFLIGHT,
    RIGHTS,
    SERVER,
    SETTING,
    Fate,
    counted,
    free,
    parked,
)


class Reason(Code):
    """Why a delivery waits, is parked or is suppressed, or why a system did not let us in.

    `fate` is what becomes of it most often; a destination's page says where another does.
    """

    def __init__(self, code: str, meaning: str, action: str, fate: Fate) -> None:
        super().__init__(code, meaning, action)
        self.fate = fate

    SCHEDULE_EXHAUSTED = parked(
        "schedule_exhausted",
        "Every attempt of the schedule was made.",
        "Its attempts name the reason: see [waiting](#waiting). Mend, replay.",
    )
    TOO_OLD = parked(
        "too_old",
        "It has been owed for seven days: its lane was held, throttled or without sign-in.",
        "Mend; replay if sales still wants it.",
    )
    PARKED_BY_HAND = parked(
        "parked_by_hand",
        "A person parked it: `leadshare park`.",
        "Replay it when it may leave. A newer version of the lead is owed all the same.",
    )
    DESTINATION_DISABLED = parked(
        "destination_disabled",
        "The receiver answered 410: it asked never to be called again.",
        "[Enable](#a-destinations-lane): that replays them.",
    )
    NOT_FOUND_AFTER_ACCEPT = parked(
        "not_found_after_accept",
        "It was accepted, and no look-up has ever found it.",
        "Something deletes or merges it (a plug-in, a flow, a retention rule), or our user may not "
        "see it; HubSpot's recycle bin and Zoho's audit log tell. Mend; a replay writes it anew.",
    )
    WORKLIST = parked(
        "worklist",
        "A person is to carry it out in Partner Center, and then says so.",
        "[Worklist](#worklist).",
    )
    CLOSED_IN_CRM = parked(
        "closed_in_crm",
        "A seller has closed or converted the record.",
        "Nothing: your sellers have decided.",
    )
    DELETED_IN_CRM = parked(
        "deleted_in_crm",
        "A seller has deleted or merged the record.",
        "Nothing; if it was a mistake, restore it there and replay.",
    )
    DUPLICATE_IN_CRM = parked(
        "duplicate_in_crm",
        "A duplicate rule or another unique field is in the way.",
        "Merge, or relax the rule; replay.",
    )
    SEVERAL_IN_CRM = parked(
        "several_in_crm", "Several records or persons fit.", "Merge them; replay."
    )
    EMAIL_MISSING = parked("email_missing", "It takes no lead without an address.", BY_HAND)
    EMAIL_NOT_ASCII = parked("email_not_ascii", "It takes ASCII addresses only.", BY_HAND)
    EMAIL_WITH_COMMA = parked("email_with_comma", "It could never find such an address.", BY_HAND)
    NO_CONSENT = parked(
        "no_consent",
        "The customer has not agreed to be shared.",
        "Nothing, unless they did: [`consent`](destinations/partner_center_referral.md).",
    )
    UNCLEAR = parked(
        "unclear",
        "Nobody can say whether it arrived, and a repeat could ring or create twice.",
        "Look there; replay if it is not there.",
    )

    LEFT_ROUTE = ("left_route", "The lead's route no longer leads there.", NOTHING, Fate.SUPPRESSED)

    THROTTLED = free(
        "throttled",
        "The call came too soon after others; the lane slows down.",
        "Nothing; or tell a smaller `rate`.",
    )
    QUOTA_EXHAUSTED = free(
        "quota_exhausted",
        "The calls of a day are used up.",
        "Nothing; or tell a smaller `rate`, or buy more.",
    )
    NOT_SENT = free(
        "not_sent",
        "There was no call for it: others of its batch, or the tick's end, came first.",
        NOTHING,
    )
    OUTSIDE_HOURS = free(
        "outside_hours",
        "A step that may reach the customer did not leave in time: it waits for the next hours.",
        NOTHING,
    )
    BATCH_REFUSED = free(
        "batch_refused",
        "Others of its batch were refused, and the calls ran out.",
        NOTHING,
    )
    SIGN_IN_FAILED = free(
        "sign_in_failed",
        "A client id, secret, key or refresh token is refused.",
        "[Rotate](#rotate-secrets), or mend the app registration.",
    )
    SIGN_IN_UNREACHABLE = free(
        "sign_in_unreachable", "Who signs us in is not there, or not able to.", CONNECTION
    )
    UNREACHABLE = free("unreachable", "There was no connection.", CONNECTION)
    ADDRESS_REFUSED = free(
        "address_refused",
        "The name leads to a private or special address, or is not https.",
        "Correct the URL; a private network is named in `allow_networks`.",
    )
    PRIVATE_KEY_UNREADABLE = free(
        "private_key_unreadable", "The key is no unencrypted PEM.", SETTING
    )
    PRIVATE_KEY_NOT_RSA = free("private_key_not_rsa", "The private key is no RSA key.", SETTING)
    INSTANCE_REFUSED = free(
        "instance_refused", "The sign-in named an address of somebody else.", "Correct `url`."
    )
    API_DOMAIN_REFUSED = free(
        "api_domain_refused", "The refresh token is of another data centre.", "Set `data_centre`."
    )
    TLS_MISSING = free("tls_missing", "The mail server offers no TLS.", SERVER)
    CERTIFICATE_REFUSED = free(
        "certificate_refused", "The mail server has no valid certificate.", SERVER
    )
    GONE = free(
        "gone",
        "A receiver of events answered 410: its lane is disabled from now on.",
        "[Enable](#a-destinations-lane).",
    )
    MIGRATING = free("migrating", "The account is on its way to another data centre.", NOTHING)

    UNAUTHORISED = counted("unauthorised", "The token is refused.", RIGHTS)
    FORBIDDEN = counted("forbidden", "Our user lacks a right.", RIGHTS)
    PROXY_REFUSED = counted(
        "proxy_refused", "Something on the way wants a sign-in of its own.", NETWORK
    )
    REDIRECTED = counted("redirected", "Something on the way points elsewhere.", NETWORK)
    TIMEOUT = counted(
        "timeout",
        "There was no answer in time.",
        "Nothing if it passes; else a longer `timeout` (50 at most).",
    )
    CONNECTION_LOST = counted(
        "connection_lost", "The connection broke before the answer.", IF_IT_PASSES
    )
    NO_ANSWER = counted("no_answer", "The answer says nothing of this record.", IF_IT_PASSES)
    UNREADABLE_ANSWER = counted(
        "unreadable_answer", "The answer is not what was asked for.", "The URL, a gateway."
    )
    ANSWER_TOO_LARGE = counted(
        "answer_too_large",
        "The answer has more than 1 MiB, or what a CRM says of its fields more than 8 MiB.",
        "The URL; fewer fields there, or a user who sees fewer.",
    )
    SILENTLY_EMPTY = counted(
        "silently_empty", "The answer says well, and tells of no record at all.", ITS_PAGE
    )
    UNCONFIRMED = counted(
        "unconfirmed", "The answer does not say that this version is kept.", ITS_PAGE
    )
    LOCKED = counted("locked", "Somebody else is at the record. At HubSpot it is free.", NOTHING)
    TOO_EARLY = counted("too_early", "The server refuses what might be a repeat.", NOTHING)
    IN_PROGRESS = counted("in_progress", "What this call repeats is still on its way.", NOTHING)
    CONCURRENT_UPDATE = counted(
        "concurrent_update", "Two transactions met in the database.", NOTHING
    )
    CHANGED_MEANWHILE = counted(
        "changed_meanwhile", "The record changed since it was read.", NOTHING
    )
    KEY_MISSING = counted(
        "key_missing",
        "The field of our key is not there, or not unique.",
        "Create it, as on the destination's page.",
    )
    TABLE_MISSING = counted("table_missing", "Our user sees no table of leads.", INSTALL)
    MODULE_MISSING = counted("module_missing", "Our user sees no module of leads.", INSTALL)
    CRM_MISSING = counted("crm_missing", "Our user sees no CRM at that address.", INSTALL)
    FIELD_MISSING = counted("field_missing", "A mapped field is not there.", PREFLIGHT)
    FIELD_FORBIDDEN = counted(
        "field_forbidden", "Our user may not write a mapped field.", PREFLIGHT
    )
    STORAGE_FULL = counted("storage_full", "The CRM has no room.", "Make room.")
    TIMELINE_REFUSED = counted(
        "timeline_refused",
        "The record is written; what the customer did since could not be put in its timeline.",
        "A right or a field is missing there, as on the destination's page.",
    )
    CAMPAIGN_REFUSED = counted(
        "campaign_refused",
        "The record is written; it could not be made a member of the campaign or list there.",
        "A right, the campaign or the list is missing there, as on the destination's page.",
    )
    STEP_REFUSED = counted(
        "step_refused",
        "A step of a track could not be carried out there.",
        "A right, a field, or the list is missing there, as on the destination's page.",
    )
    FORGET_REFUSED = counted(
        "forget_refused",
        "The person could not be taken out of the record, nor a task be made of it.",
        "A right or a field is missing there, as on the destination's page.",
    )
    REFERENCE_REFUSED = counted(
        "reference_refused", "A campaign, source, medium or tag cannot be made.", "A rule there."
    )
    REFERENCE_GONE = counted(
        "reference_gone",
        "What a field or a rule points at is inactive or gone: an owner, record type, campaign.",
        "Correct the mapping or the rule; then it goes on by itself.",
    )
    CRASHED = counted(
        "crashed",
        "A bug of ours; `delivery.crashed` has the place.",
        "Report it; it is tried again after an update.",
    )

    ERASE_REFUSED = (
        "erase_refused",
        "The test record was not deleted.",
        "Our user lacks the right to delete.",
        Fate.CANARY,
    )
