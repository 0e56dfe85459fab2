"""Reason codes: a vendor's own codes, within a reason of ours."""

from __future__ import annotations

from leadshare.errors import Code


class Vendor(Code):
    """Whose own code a reason holds; it begins with this and an underscore."""

    HTTP = "http", "A status that has no reason of ours.", "The vendor's status page; the URL."
    ACS = (
        "acs",
        "Communication Services' code.",
        "Its resource or the sender, as on [its page](destinations/email.md#reasons).",
    )
    DATAVERSE = (
        "dataverse",
        "Dataverse's code, or a status.",
        "Most often a mapped column: preflight names it.",
    )
    HUBSPOT = (
        "hubspot",
        "HubSpot's category or error code.",
        "As on [its page](destinations/hubspot.md#reasons).",
    )
    MARKETO = (
        "marketo",
        "Marketo's code for the call or the record; 413 is one record of more than 1 MB.",
        "As on [its page](destinations/marketo.md#reasons).",
    )
    ODOO = (
        "odoo",
        "The class of Odoo's error, or the field that it refuses.",
        "The attempt tells what Odoo said, as on [its page](destinations/odoo.md#reasons).",
    )
    PARTNER_CENTER = (
        "partner_center",
        "Partner Center's code, a status, or the setting that is missing.",
        "As on [its page](destinations/partner_center_referral.md#why-a-lead-is-parked).",
    )
    SALESFORCE = (
        "salesforce",
        "Salesforce's status code: a validation rule, a required field, a picklist, a flow.",
        "As on [its page](destinations/salesforce.md#reasons).",
    )
    SMTP = (
        "smtp",
        "The mail server's reply code.",
        "As on [its page](destinations/email.md#reasons).",
    )
    WORKFLOW = (
        "workflow",
        "The code of the workflow that posts to Teams.",
        "As on [its page](destinations/teams.md#reasons).",
    )
    ZOHO = (
        "zoho",
        "Zoho's code, with the field after a dot where it names one.",
        "Map or relax the field, as on [its page](destinations/zoho.md#reasons).",
    )

    def reason(self, code: object) -> str:
        """Return the reason that holds the vendor's *code*, which must tell nothing of a person."""
        return f"{self}_{code}"
