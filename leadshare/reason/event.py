"""Reason codes: why an event of Partner Center is refused."""

from __future__ import annotations

from leadshare.errors import Code


class Doubt(Code):
    """Why an event is not proven to come from Partner Center."""

    ALGORITHM_REFUSED = "algorithm_refused", "It is not signed with RSA and SHA-256, 384 or 512."
    SIGNATURE_MISSING = "signature_missing", "It has no signature."
    SIGNATURE_UNREADABLE = "signature_unreadable", "Its signature is no base64."
    SIGNATURE_WRONG = "signature_wrong", "Its signature is of other bytes or another key."
    CERTIFICATE_URL_REFUSED = "certificate_url_refused", "Its certificate is not at Microsoft's."
    CERTIFICATE_MISSING = "certificate_missing", "There is no certificate at that address."
    CERTIFICATE_UNREADABLE = "certificate_unreadable", "What is there is no certificate."
    CERTIFICATE_UNTRUSTED = (
        "certificate_untrusted",
        "Its certificate has ended, or its chain ends at no root of Microsoft's.",
    )
    CERTIFICATE_WITHOUT_RSA = "certificate_without_rsa", "Its certificate holds no RSA key."
    ORGANISATION_WRONG = "organisation_wrong", "Its certificate is not Microsoft Corporation's."
    SUBJECT_WRONG = "subject_wrong", "Its certificate is not for a name of Partner Center's."
