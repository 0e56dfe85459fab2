"""Links: each CRM reads in the address of a page which of its records that shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.destinations.base import Destination
from leadshare.destinations.build import records_in
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.destinations.marketo.destination import Marketo
from leadshare.destinations.odoo.destination import Odoo
from leadshare.destinations.salesforce.destination import Salesforce
from leadshare.destinations.webhook import Webhook
from leadshare.destinations.zoho.destination import Zoho

GUID = "5E0B1C2D-0000-4000-8000-0123456789AB"
RECORD = "00Q5e000001AbCdEAF"


def of(system: type[Destination[Any]], url: str = "", name: str = "crm") -> Destination[Any]:
    """A destination of which no more is known than where it is."""
    one = object.__new__(system)
    one.settings = SimpleNamespace(url=url, name=name)
    return one


@pytest.mark.parametrize(
    ("system", "url", "link", "record_id"),
    [
        (Odoo, "https://contoso.odoo.com", "https://contoso.odoo.com/odoo/crm/42", "42"),
        (Odoo, "https://contoso.odoo.com", "https://contoso.odoo.com/odoo/crm.lead/42?x=1", "42"),
        (Odoo, "http://localhost:8069", "http://localhost:8069/web#id=42&model=crm.lead", "42"),
        (
            *(Odoo, "https://crm.contoso.example"),
            *("https://crm.contoso.example/mail/view?model=crm.lead&res_id=42", "42"),
        ),
        (
            *(Dynamics, "https://contoso.crm4.dynamics.com"),
            f"https://contoso.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=lead&id={GUID}",
            GUID,
        ),
        (
            *(Dynamics, "https://contoso.crm4.dynamics.com"),
            f"https://contoso.crm4.dynamics.com/main.aspx?appid=1&id=%7b{GUID}%7d&etn=lead",
            GUID,
        ),
        (
            *(Salesforce, "https://contoso.my.salesforce.com"),
            *(f"https://contoso.lightning.force.com/lightning/r/Lead/{RECORD}/view", RECORD),
        ),
        (
            *(Salesforce, "https://contoso--uat.sandbox.my.salesforce.com"),
            *(f"https://contoso--uat.sandbox.my.salesforce.com/{RECORD}", RECORD),
        ),
        (Hubspot, "", "https://app-eu1.hubspot.com/contacts/1234/record/0-136/567/", "567"),
        (Hubspot, "", "https://app.hubspot.com/contacts/1234/contact/567", "567"),
        (Zoho, "", "https://crm.zoho.eu/crm/org12/tab/Leads/3456000000012345", "3456000000012345"),
        (
            *(Marketo, "https://064-ABC-123.mktorest.com"),
            *("https://app-ab12.marketo.com/leadDatabase/loadLeadDetail?leadId=99", "99"),
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_shown(system: type[Destination[Any]], url: str, link: str, record_id: str) -> None:
    """The page of a record tells which it is, however the link was copied."""
    assert record_id == of(system, url).record_in(f" {link}\n")


@pytest.mark.parametrize(
    ("system", "url", "link"),
    [
        (Odoo, "https://contoso.odoo.com", "https://fabrikam.odoo.com/odoo/crm/42"),
        (Odoo, "https://contoso.odoo.com", "https://contoso.odoo.com/odoo/crm"),
        (
            *(Dynamics, "https://contoso.crm4.dynamics.com"),
            f"https://contoso.crm4.dynamics.com/main.aspx?etn=account&id={GUID}",
        ),
        (
            *(Salesforce, "https://contoso.my.salesforce.com"),
            f"https://fabrikam.lightning.force.com/lightning/r/Lead/{RECORD}/view",
        ),
        (Hubspot, "", "https://app.hubspot.com/contacts/1234/company/567"),
        (Hubspot, "", "567"),
        (Webhook, "", "https://contoso.odoo.com/odoo/crm/42"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_not_shown(system: type[Destination[Any]], url: str, link: str) -> None:
    """Another organisation's, another kind of page, and what is no link tell nothing."""
    assert not of(system, url).record_in(link)


def test_all() -> None:
    """Of all destinations those answer whose link it may be."""
    link = "https://contoso.odoo.com/odoo/crm/42"
    ours, theirs = "https://contoso.odoo.com", "https://fabrikam.odoo.com"
    told = [of(Odoo, ours, "one"), of(Odoo, theirs, "two"), of(Zoho, "", "three")]

    assert {"one": "42"} == records_in(told, link)
