"""Every setting of every table, made wrong in every way: what is said names it, and no secret."""

from __future__ import annotations

import copy
import re
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from leadshare.app.configuration import configuration_model
from leadshare.configuration.file import read_configuration
from leadshare.errors import ConfigurationError, Place
from tests.configuration.written import Writer, places, within
from tests.configuration.wrong_files import HUSH, SECRET, said
from tests.destinations.simulators.base import TYPES

SHARED: Final = """
storefronts = ["appsource", "azure_marketplace"]
accepts = ["test"]
schedule = [0.5, 30.5]
timeout = 30.5
concurrency = 1
rate = { calls = 5, seconds = 1.5, daily = 1000, resets = "Europe/Berlin" }
allow_networks = ["10.1.0.0/16"]
"""
LOOK_UPS: Final = "look_ups = 0.5\n"
CRM: Final = (
    LOOK_UPS
    + """canary = true
timeline = true
erase = "anonymise"
zone = "Europe/Berlin"
[destination.fields]
leads_score = "score"
leads_country = { field = "country", transform = "country_name", default = "none" }
leads_quality = { field = "stage", values = { sales_ready = 1 } }
leads_source = { constant = "marketplace", write = "once" }
"""
)
TELLS: Final = """outcomes = true
statuses = { Called = "working", "On hold" = "new" }
"""
DESTINATIONS: Final = {
    "dynamics": """
url = "https://contoso.crm4.dynamics.com"
tenant_id = "contoso.example"
client_id = "app"
client_secret = "ANY"
key = "new_leadshareid"
"""
    + TELLS
    + CRM,
    "odoo": """
url = "https://contoso.odoo.com"
api_key = "ANY"
database = "main"
"""
    + TELLS
    + CRM,
    "zoho": """
data_centre = "eu"
client_id = "ANY"
client_secret = "ANY"
refresh_token = "ANY"
key = "Leadshare_Id"
lar_id = "4150868000001234567"
"""
    + TELLS
    + CRM,
    "hubspot": """
token = "ANY"
url = "https://api.hubapi.com"
key = "leadshare_contact"
lead_object = true
lead_key = "leadshare_id"
touch_key = "leadshare_touch"
task_key = "leadshare_step"
lead_fields = { hs_score = "score" }
"""
    + TELLS
    + CRM,
    "marketo": """
url = "https://123-ABC-456.mktorest.com/rest"
client_id = "service"
client_secret = "ANY"
key = "leadshareId"
lookup_field = "email"
touches = "leadshareTouch_c"
partition = "main"
program = { id = 5, status = "Member" }
list = 7
"""
    + CRM,
    "salesforce": """
url = "https://contoso.my.salesforce.com"
client_id = "app"
username = "someone@contoso.example"
private_key = "PEM"
key = "LeadShare_Id__c"
timeline_key = "LeadShare_Touch__c"
assignment_rules = true
"""
    + TELLS
    + CRM,
    "webhook": """
url = "https://crm.example/in"
secret = "DESK_SECRET"
previous_secret = "DESK_SECRET"
previous_secret_until = 2026-12-31
headers = { x-key = "value" }
""",
    "inbox": 'url = "http://127.0.0.1:7072"\n' + LOOK_UPS,
    "partner_center_leads": "",
    "partner_center_referral": """
consent = ["contact_request"]
deal = "Shared"
solution = "SOL-12345-ABC"
solutions = { "contoso.robot" = "SOL-54321-CBA" }
deal_value = 5
currency = "EUR"
close_in_days = 5
partner_role = "Services Partner"
solution_area = "Cloud & AI Platforms"
solution_play = "Migrate and Modernize"
user = { tenant_id = "t", client_id = "c", client_secret = "ANY", refresh_token = "ANY" }
"""
    + LOOK_UPS,
    "teams": """
url = "TEAMS"
shows = ["score"]
notify = "all"
""",
    "email": """
shows = ["score"]
notify = "all"
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
via = { kind = "smtp", host = "h", port = 25, tls = "implicit", username = "ANY", password = "ANY" }
""",
}
ACS: Final = """
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
via = { kind = "acs", endpoint = "https://contoso.communication.azure.com", client_id = "app" }
"""
REST: Final = """
internal_domains = ["contoso.example"]
[[listing]]
id = "contoso.robot"
title = "Contoso Robot"
kind = "app"
campaign = "autumn"
keys = ["0123456789abcdef"]
[[campaign]]
id = "autumn"
name = "Autumn webinar"
kind = "nurture"
from = 2026-09-01
until = 2026-12-15
when = [{ field = "country", op = "in", value = ["DE", "AT"] }]
targets = { leads = 200, sales_ready = 40, won = 8, revenue = 120000, currency = "EUR" }
ids = {}
[[destination]]
name = "desk"
type = "webhook"
url = "https://crm.example/in"
secret = "DESK_SECRET"
[[route]]
to = ["desk"]
when = [
  { field = "storefront", op = "eq", value = "appsource" },
  { field = "country", op = "in", value = ["DE", "AT"] },
  { field = "score", op = "at_least", value = 60 },
]
[scoring]
half_life_days = 30.5
[scoring.sales_ready]
appsource = 50
azure_marketplace = 70
[[scoring.rule]]
name = "german"
points = 10
why = "from Germany"
when = [{ field = "country", op = "eq", value = "DE" }]
[[outcome_source]]
name = "shop"
secrets = ["DESK_SECRET"]
[partner_center]
tenant_id = "contoso.example"
client_id = "app"
client_secret = "ANY"
refresh_token = "ANY"
refresh_token_issued = 2026-11-01
[analytics]
tenant_id = "contoso.example"
client_id = "app"
client_secret = "ANY"
[marketplace_table]
connection = "TABLE"
table = "MarketplaceLeads"
every = 300.5
overlap = 900.5
since = 2026-11-01T12:00:00Z
"""
CLOCK: Final = """
[[destination]]
name = "desk"
type = "teams"
url = "TEAMS"
[clock]
zone = "Europe/Berlin"
holidays = "DE-BY"
target = 4.5
remind = 2.5
escalate = 12.5
remind_to = ["desk"]
escalate_to = ["desk"]
[retention]
leads_months = 24
keep_won = false
bodies_days = 60
tests_days = 3
quarantine_days = 20
acts_days = 200
suppressions_months = 48
[clock.hours]
mon = "09:00-17:00"
tue = "09:00-17:00"
wed = "09:00-17:00"
thu = "09:00-17:00"
fri = "09:00-12:00, 13:00-15:00"
sat = "10:00-12:00"
sun = "10:00-12:00"
"""
TRACKS: Final = """
[[destination]]
name = "crm"
type = "odoo"
url = "https://contoso.odoo.com"
database = "contoso"
api_key = "ANY"
[[destination]]
name = "lists"
type = "hubspot"
token = "ANY"
[outreach]
gap_days = 7.5
zone = "Europe/Berlin"
[outreach.hours]
mon = "09:00-17:00"
tue = "09:00-17:00"
[[track]]
id = "nurture"
kind = "nurture"
basis = "legitimate interest"
[[track.step]]
after_days = 1.5
do = "task"
at = "crm"
text = "Call"
[[track.step]]
after_days = 7.5
when = [{ field = "interest", op = "at_least", value = 20 }]
do = "list"
at = "lists"
into = "11"
"""
REPORT: Final = """
[report]
zone = "Europe/Berlin"
to = ["boss@contoso.example"]
by = "it"
weekday = "fri"
"""
ENVIRONMENT: Final = {
    "DESK_SECRET": SECRET,
    "ANY": HUSH,
    "TEAMS": f"https://contoso.logic.azure.com/workflows/{HUSH}",
    "PEM": f"-----BEGIN PRIVATE KEY-----\n{HUSH}\n-----END PRIVATE KEY-----",
    "TABLE": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={HUSH};"
    "EndpointSuffix=core.windows.net",
}
CHANNEL: Final = 'channel = "crm"\n'


def destination(kind: str, text: str) -> str:
    """A destination with every setting of its type."""
    return f'[[destination]]\nname = "it"\ntype = "{kind}"\n{CHANNEL}{SHARED}{text}'


FILES: Final = {
    **{kind: destination(kind, text) for kind, text in DESTINATIONS.items()},
    "email-by-acs": destination("email", ACS) + REPORT,
    "rest": REST,
    "clock": CLOCK,
    "tracks": TRACKS,
}

LOOSE: Final = {
    "constant": (str, int, bool),
    "default": (str, int, bool),
    "sales_ready": (str, int, bool, dict),  # in a table of values, or the thresholds
    "leads_score": (str, dict),
    "hs_score": (str, dict),
    "leads_country": (str, dict),
    "leads_quality": (str, dict),
    "leads_source": (str, dict),
    "since": (str, date),
    "refresh_token_issued": (str, date),
}
"""What may be of several types, by key; a number with a point may be one without, too."""

NUMBERS: Final = (1, 5, 2.5, True)
TEXTS: Final = ("text", "1", "true")
OTHERS: Final[tuple[Any, ...]] = (
    *NUMBERS,
    *TEXTS,
    ["text"],
    [5],
    [],
    {},
    {"z": 5},
    date(2026, 11, 1),
)
OUTSIDE: Final = (-1, 0, 10**9, 1.5e300, float("nan"), float("inf"), "", " ", "x" * 5000, "Ä|!^$")


@cache
def data(name: str) -> dict[str, Any]:
    """What is in one of the files."""
    return tomllib.loads(FILES[name])


def changed(name: str, place: Place, *new: Any) -> Writer:
    """A file with something else at a place, or nothing."""
    whole = copy.deepcopy(data(name))
    inner = within(whole, place[:-1])
    if new:
        inner[place[-1]] = new[0]
    else:
        del inner[place[-1]]
    return Writer(whole)


def number(line: str) -> int:
    """The number of a line that is told."""
    return int(re.match(r"line (\d+): |", line)[1] or 0)  # type: ignore[index]  # it matches all


def loads(folder: Path, file: Writer) -> bool:
    """Whether a file can run."""
    path = folder / "leadshare.toml"
    path.write_text(file.text, encoding="utf-8")
    try:
        read_configuration(path, configuration_model(), ENVIRONMENT)
    except ConfigurationError:
        return False
    return True


def is_of_type(place: Place, told: Any, given: Any) -> bool:
    """Whether something else may stand where something is."""
    key = next(part for part in reversed(place) if isinstance(part, str))
    kinds = LOOSE.get(key, (type(told), *([int] if isinstance(told, float) else [])))
    return isinstance(given, kinds) and (not isinstance(given, bool) or bool in kinds)


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_right(self, name, tmp_path):
        """The files that are made wrong below can run, written anew as well."""
        assert loads(tmp_path, Writer(data(name)))
        assert data(name) == tomllib.loads(Writer(data(name)).text)

    def test_kinds(self):
        """There is one for every kind of destination; e-mail has a second, by ACS."""
        assert TYPES.keys() == DESTINATIONS.keys()

    def test_whole(self):
        """They have every setting of every table."""
        schema = configuration_model().model_json_schema()
        tables = {**schema["$defs"], "": schema}
        named = {part for name in FILES for place, _ in places(data(name)) for part in place}
        missing = {
            f"{name}.{key}"
            for name, table in tables.items()
            for key in table.get("properties", {})
            if key not in named
        }

        assert set() == missing


OPEN: Final = {"fields", "lead_fields", "values", "headers", "solutions", "statuses", "ids"}
"""Tables whose keys are the publisher's own."""


@pytest.mark.parametrize("name", FILES)
class TestEverySetting:
    def test_other_type(self, name, tmp_path):
        """What is of another type is refused once, where it stands."""
        for place, told in places(data(name)):
            for other in OTHERS:
                if not is_of_type(place, told, other):
                    file = changed(name, place, other)
                    lines = said(tmp_path, file.text, ENVIRONMENT)
                    assert [file.line(place)] == [number(line) for line in lines], (place, lines)
                    assert all("expected " in line or " takes " in line for line in lines)

    def test_outside(self, name, tmp_path):
        """What is out of bounds is refused where it stands, or where the table does that it is
        in.
        """
        refused = 0
        for place, told in places(data(name)):
            for other in OUTSIDE if isinstance(told, (str, int, float)) else ():
                file = changed(name, place, other)
                if is_of_type(place, told, other) and not loads(tmp_path, file):
                    refused += 1
                    lines = said(tmp_path, file.text, ENVIRONMENT)
                    where = {file.line(place), file.line(place[:2])}
                    assert where & {number(line) for line in lines}, (place, lines)
        assert refused > 40

    def test_left_out(self, name, tmp_path):
        """What is left out and missed is named, with the table that it belongs to."""
        refused = 0
        for place, _ in places(data(name)):
            file = changed(name, place)
            if isinstance(place[-1], str) and not loads(tmp_path, file):
                refused += 1
                lines = said(tmp_path, file.text, ENVIRONMENT)
                required = f"{place[-1]}: expected "
                together = f"{place[-1]}( |,)"
                of_it = "expected either "
                assert any(
                    (required in line and "(required)" in line)
                    or re.search(together, line)
                    or of_it in line
                    or " takes " in line
                    or "known: none" in line
                    for line in lines
                ), (place, lines)
        assert refused >= 4

    def test_unknown(self, name, tmp_path):
        """A key that is not there is named on its line, once, whatever it holds."""
        for place, told in [((), data(name)), *places(data(name))]:
            if isinstance(told, dict) and not OPEN & {place[-1] if place else ""}:
                file = changed(name, (*place, "zzz"), SECRET)
                [line] = said(tmp_path, file.text, ENVIRONMENT)
                assert file.line((*place, "zzz")) == number(line)
                assert "zzz: no such setting; known: " in line

    def test_misspelt(self, name, tmp_path):
        """A key that is nearly right is asked after."""
        for place, _ in places(data(name)):
            key = place[-1]
            if isinstance(key, str) and not OPEN & {*place[-2:]} and len(key) > 2:
                whole = copy.deepcopy(data(name))
                table = within(whole, place[:-1])
                table[f"{key}x"] = table.pop(key)
                lines = said(tmp_path, Writer(whole).text, ENVIRONMENT)
                asked = f'{key}x: no such setting; did you mean "{key}"?'
                assert any(asked in line for line in lines), (place, lines)

    def test_secret(self, name, tmp_path):
        """A secret that is pasted where something else belongs is never repeated."""
        for place, told in places(data(name)):
            if isinstance(told, str):
                file = changed(name, place, SECRET)
                if not loads(tmp_path, file):
                    said(tmp_path, file.text, ENVIRONMENT)
