"""Wrong configuration files as people write them, and the words that each of them gets."""

from __future__ import annotations

from typing import get_args

import pytest

from leadshare.app.configuration import configuration_model
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.webhook import WebhookSettings
from leadshare.destinations.writing.mapping import LEAD_FIELDS, TRANSFORMS
from tests.configuration.wrong_files import (
    DESK,
    DYNAMICS,
    FILE,
    HUSH,
    LISTING,
    MAIL,
    SECRET,
    SELLERS,
    route,
    rule,
    said,
)

TOP = ", ".join(configuration_model().model_fields)
OF_A_WEBHOOK = ", ".join(WebhookSettings.model_fields)
TYPES = ", ".join(
    sorted(get_args(settings.model_fields["type"].annotation)[0] for settings in DESTINATIONS)
)
LEAD = ", ".join(LEAD_FIELDS)
MANY = "".join(DESK.replace("desk", f"desk-{number}") for number in range(32))

WRONG = [
    pytest.param(
        f'internal_domain = ["contoso.example"]\n{FILE}',
        [
            f'line 1: internal_domain: no such setting; did you mean "internal_domains"? known: {TOP}',
        ],
        id="unknown-key",
    ),
    pytest.param(
        f"{FILE}retries = 3\n",
        [f'line 10: destination "desk": retries: no such setting; known: {OF_A_WEBHOOK}'],
        id="unknown-key-of-a-destination",
    ),
    pytest.param(
        FILE.replace("DESK_SECRET", "NO_SUCH_VAR"),
        [
            'line 9: destination "desk": secret: environment variable NO_SUCH_VAR is not set; it must hold the secret',
        ],
        id="secret-not-set",
    ),
    pytest.param(
        FILE.replace("DESK_SECRET", "ANY"),
        [
            'line 9: destination "desk": secret: the secret must be whsec_ and base64 of 24 to 64 bytes',
        ],
        id="secret-of-another-form",
    ),
    pytest.param(
        FILE.replace("DESK_SECRET", SECRET),
        [
            'line 9: destination "desk": secret: expected the name of an environment variable, such as OUR_CRM_SECRET',
        ],
        id="secret-in-the-file",
    ),
    pytest.param(
        FILE.replace('"https://crm.example/in"', "12"),
        [
            'line 8: destination "desk": url: expected a string or { environment = "NAME" }; there is an integer',
        ],
        id="number-for-string",
    ),
    pytest.param(
        FILE.replace("[[listing]]", "[listing]"),
        ["line 1: listing: expected an array of tables; there is a table: write [[listing]]"],
        id="one-bracket",
    ),
    pytest.param(
        FILE.replace("[[destination]]", "[destination]"),
        [
            "line 5: destination: expected an array of at most 20 tables; there is a table: write [[destination]]",
        ],
        id="one-bracket-for-a-destination",
    ),
    pytest.param(
        FILE + DESK,
        ['line 11: destination "desk": name: "desk" is there twice; expected once'],
        id="destination-twice",
    ),
    pytest.param(
        LISTING + FILE,
        ['line 6: listing "contoso.robot": id: "contoso.robot" is there twice; expected once'],
        id="listing-twice",
    ),
    pytest.param(
        FILE.replace("https://", ""),
        [
            'line 8: destination "desk": url: url must be an https address (http for loopback in local mode)',
        ],
        id="url-without-scheme",
    ),
    pytest.param(
        FILE.replace("https://", "http://"),
        [
            'line 8: destination "desk": url: url must be an https address (http for loopback in local mode)',
        ],
        id="plain-http",
    ),
    pytest.param(
        FILE.replace("https://", "https://user:hushhush@"),
        [
            'line 8: destination "desk": url: url must hold neither user name nor password nor fragment',
        ],
        id="url-with-a-password",
    ),
    pytest.param(
        FILE.replace('"app"', '"saas"'),
        [
            'line 4: listing "contoso.robot": kind: no such value; expected one of app, consulting service, offer, technology',
        ],
        id="listing-kind",
    ),
    pytest.param(
        FILE.replace("contoso.robot", "robot"),
        ['line 2: listing "robot": id: expected publisher.offer, such as contoso.invoice-robot'],
        id="listing-without-publisher",
    ),
    pytest.param(
        f'{FILE}channel = "sales"\n',
        [
            'line 10: destination "desk": channel: no such value; expected one of crm, field_seller, marketplace',
        ],
        id="channel",
    ),
    pytest.param(
        FILE.replace('"webhook"', '"hubspott"'),
        [
            f'line 7: destination "desk": type: no such value; did you mean "hubspot"? expected one of {TYPES}',
        ],
        id="type",
    ),
    pytest.param(
        FILE.replace('type = "webhook"\n', ""),
        [f'line 5: destination "desk": type: expected one of {TYPES} (required)'],
        id="no-type",
    ),
    pytest.param(
        FILE.replace("type =", "typ ="),
        [
            f'line 5: destination "desk": type: expected one of {TYPES} (required)',
            'line 7: destination "desk": typ: no such setting; did you mean "type"?',
        ],
        id="type-misspelt",
    ),
    pytest.param(
        FILE.replace('"desk"', '"Our Desk"'),
        [
            'line 6: destination "Our Desk": name: expected lower-case letters, digits and hyphens, at most 40',
        ],
        id="name",
    ),
    pytest.param(
        f"{FILE}timeout = 60\n",
        ['line 10: destination "desk": timeout: expected a number above 0 and at most 50'],
        id="timeout",
    ),
    pytest.param(
        f"{FILE}schedule = []\n",
        [
            'line 10: destination "desk": schedule: expected an array that is not empty, each a number from 0 to 604800',
        ],
        id="no-schedule",
    ),
    pytest.param(
        f"{FILE}schedule = [0, -5]\n",
        ['line 10: destination "desk": schedule: item 2: expected a number from 0 to 604800'],
        id="negative-delay",
    ),
    pytest.param(
        f'{FILE}rate = {{ calls = 5, seconds = 1, resets = "America/Chicgo" }}\n',
        [
            'line 10: destination "desk": rate.resets: no such time zone; did you mean "America/Chicago"? expected one such as America/Chicago',
        ],
        id="time-zone",
    ),
    pytest.param(
        f"{FILE}rate = {{ calls = 0, seconds = 1 }}\n",
        ['line 10: destination "desk": rate.calls: expected an integer above 0'],
        id="rate",
    ),
    pytest.param(
        f"{FILE}look_ups = 1\n",
        ['line 10: destination "desk": look_ups: no such setting: a webhook cannot be read back'],
        id="look_ups",
    ),
    pytest.param(
        f"{FILE}canary = true\n",
        [
            'line 10: destination "desk": canary: no such setting: a webhook has no test records that could be read back and deleted',
        ],
        id="canary",
    ),
    pytest.param(
        f'{FILE}[destination.fields]\nscore = "score"\n',
        [
            'line 10: destination "desk": fields: no such setting: a webhook has no fields to map: it takes each lead whole',
        ],
        id="fields",
    ),
    pytest.param(
        f'{FILE}accepts = ["test", "edu"]\n',
        [
            'line 10: destination "desk": accepts: item 2: no such value; expected one of test, internal, blank, no_contact',
        ],
        id="accepts",
    ),
    pytest.param(
        f'{FILE}allow_networks = ["10.0.0.0/33"]\n',
        [
            'line 10: destination "desk": allow_networks: item 1: expected a network, such as 10.1.0.0/16',
        ],
        id="network",
    ),
    pytest.param(
        f'{DYNAMICS}fields = {{ new_score = "scoore" }}\n',
        [
            f'line 5: destination "our-dynamics": fields.new_score: no such value; did you mean "score"? expected one of {LEAD} or a table',
        ],
        id="lead-field",
    ),
    pytest.param(
        f'{DYNAMICS}[destination.fields]\nx = {{ field = "country", transform = "county_name" }}\n',
        [
            f'line 6: destination "our-dynamics": fields.x.transform: no such value; did you mean "country_name"? expected one of {", ".join(TRANSFORMS)}',
        ],
        id="transform",
    ),
    pytest.param(
        DYNAMICS.replace("dynamics.com", "dynamics.com/main"),
        [
            'line 4: destination "our-dynamics": url: url must be like https://contoso.crm4.dynamics.com, without a path',
        ],
        id="url-with-a-path",
    ),
    pytest.param(
        f'{DYNAMICS}tenant_id = "contoso.example"\n',
        [
            'line 1: destination "our-dynamics": tenant_id, client_id and client_secret go together; leave tenant_id and client_secret out to sign in as the managed identity',
        ],
        id="half-a-sign-in",
    ),
    pytest.param(
        MAIL.replace('["sales@contoso.example"]', '["x"]').replace(" }", ', tls = "none" }'),
        [
            'line 5: destination "mail": to: item 1: expected an e-mail address, such as sales@contoso.com',
            'line 6: destination "mail": via.tls: no such value; expected one of starttls, implicit',
        ],
        id="address-and-tls",
    ),
    pytest.param(
        SELLERS.replace('consent = ["contact_request"]\n', ""),
        [
            'line 1: destination "sellers": consent: expected an array that is not empty, each one of other, contact_request, trial, acquisition, purchase (required): The intents by which a customer has agreed that their details are shared with Microsoft\'s sellers, such as `contact_request`: who uses Contact me agrees to share them',
        ],
        id="no-consent",
    ),
    pytest.param(
        FILE.replace('"desk"', '"desk'),
        [
            "line 6, column 13: not TOML: a string must end on its line, with the quote it began with",
        ],
        id="no-quote",
    ),
    pytest.param(
        f'internal_domains = "contoso.example"\n{FILE}',
        [
            'line 1: internal_domains: expected an array, each a string; there is a string: write internal_domains = ["contoso.example"]',
        ],
        id="domains-not-an-array",
    ),
    pytest.param(
        MANY,
        ["line 1: destination: expected an array of at most 20 tables; there are 32"],
        id="too-many",
    ),
    pytest.param(
        FILE.replace('"app"', '"saas"') + "timeout = 60\n",
        [
            'line 4: listing "contoso.robot": kind: no such value; expected one of app, consulting service, offer, technology',
            'line 10: destination "desk": timeout: expected a number above 0 and at most 50',
        ],
        id="two-faults",
    ),
    pytest.param(
        FILE.replace("DESK_SECRET", "desk") + "webhook = {}\n",
        [
            'line 9: destination "desk": secret: expected the name of an environment variable, such as OUR_CRM_SECRET',
            f'line 10: destination "desk": webhook: no such setting; known: {OF_A_WEBHOOK}',
        ],
        id="type-for-a-key",
    ),
    pytest.param(
        f"[[destinations]]\n{FILE}",
        [f'line 1: destinations: no such setting; did you mean "destination"? known: {TOP}'],
        id="plural",
    ),
    pytest.param(
        f"[[rules]]\n[sales_ready]\n{FILE}",
        [
            f'line 1: rules: no such setting; did you mean "scoring.rule"? known: {TOP}',
            f'line 2: sales_ready: no such setting; did you mean "scoring.sales_ready"? known: {TOP}',
        ],
        id="too-high-up",
    ),
    pytest.param(
        f"{LISTING}internal_domains = []\n",
        [
            'line 5: listing "contoso.robot": internal_domains: no such setting here: it stands at the top of the file, above the first [table]',
        ],
        id="too-far-down",
    ),
    pytest.param(
        f'{FILE}api_key = "{SECRET}"\n',
        [
            f'line 10: destination "desk": api_key: no such setting of webhook, but of odoo; known: {OF_A_WEBHOOK}',
        ],
        id="setting-of-another-type",
    ),
    pytest.param(
        FILE.replace("secret =", "secrt ="),
        [
            'line 5: destination "desk": secret: expected the name of an environment variable, such as OUR_CRM_SECRET (required): `whsec_` and base64, as the receiver shows it',
            f'line 9: destination "desk": secrt: no such setting; did you mean "secret"? known: {OF_A_WEBHOOK}',
        ],
        id="key-nearly-right",
    ),
    pytest.param(
        f'{DESK}"a secret {SECRET}" = 1\n',
        [f'line 6: destination "desk": (a key): no such setting; known: {OF_A_WEBHOOK}'],
        id="secret-for-a-key",
    ),
    pytest.param(
        f'{FILE}headers = {{ x-key = "{HUSH}\\t" }}\n',
        [
            'line 10: destination "desk": headers: header x-key must be printable ASCII, without blanks around',
        ],
        id="header",
    ),
    pytest.param(
        f"{FILE}headers = {{ x-key = 5 }}\n",
        [
            'line 10: destination "desk": headers.x-key: expected a string or { environment = "NAME" }; there is an integer',
        ],
        id="number-in-a-header",
    ),
    pytest.param(
        f'{FILE}timeout = "30"\nconcurrency = 2.5\n',
        [
            'line 10: destination "desk": timeout: expected a number above 0 and at most 50; there is a string: write it without quotes',
            'line 11: destination "desk": concurrency: expected an integer from 1 to 64; there is a float',
        ],
        id="numbers",
    ),
    pytest.param(
        f"{FILE}timeout = nan\nschedule = [inf]\n",
        [
            'line 10: destination "desk": timeout: expected a finite number',
            'line 11: destination "desk": schedule: item 1: expected a finite number',
        ],
        id="no-number",
    ),
    pytest.param(
        f'{DYNAMICS}canary = "yes"\n',
        ['line 5: destination "our-dynamics": canary: expected true or false; there is a string'],
        id="yes-for-true",
    ),
    pytest.param(
        FILE.replace('"Contoso Robot"', "2026-11-01"),
        [
            'line 3: listing "contoso.robot": title: expected a string of at most 200 characters; there is a date or time: write it in quotes',
        ],
        id="date-for-string",
    ),
    pytest.param(
        FILE.replace("Contoso Robot", "x" * 201),
        [
            'line 3: listing "contoso.robot": title: expected a string of at most 200 characters; there are 201',
        ],
        id="too-long",
    ),
    pytest.param(
        f'{FILE}allow_networks = [\n  "10.1.2.3/16",\n  5,\n]\n',
        [
            'line 11: destination "desk": allow_networks: item 1: expected a network, such as 10.1.0.0/16; did you mean 10.1.0.0/16?',
            'line 12: destination "desk": allow_networks: item 2: expected a network, such as 10.1.0.0/16',
        ],
        id="networks",
    ),
    pytest.param(
        "destination = [5]\nlisting = 5\n",
        [
            "line 1: destination 1: expected a table; there is an integer",
            "line 2: listing: expected an array of tables; there is an integer: write [[listing]]",
        ],
        id="numbers-for-tables",
    ),
    pytest.param(
        f"{FILE}[[scoring.sales_ready]]\nappsource = 60\n",
        [
            "line 10: scoring.sales_ready: expected a table; there is an array: write [scoring.sales_ready]",
        ],
        id="brackets-too-many",
    ),
    pytest.param(
        f'{DYNAMICS}[[destination.fields]]\nx = "score"\n',
        [
            'line 5: destination "our-dynamics": fields: expected a table; there is an array: write [destination.fields]',
        ],
        id="brackets-too-many-within",
    ),
    pytest.param(
        f"{DYNAMICS}[destination.fields]\na = 5\nb = {{}}\nc = {{ constant = 1.5 }}\n"
        'd = { field = "score", transfrom = "upper" }\n"" = "score"\n',
        [
            f'line 6: destination "our-dynamics": fields.a: expected one of {LEAD} or a table; there is an integer',
            'line 7: destination "our-dynamics": fields.b: expected either the name of a lead field or a constant',
            'line 8: destination "our-dynamics": fields.c.constant: expected a string or an integer or true or false; there is a float',
            'line 9: destination "our-dynamics": fields.d.transfrom: no such setting; did you mean "transform"? known: field, constant, transform, values, default, write',
            'line 10: destination "our-dynamics": fields.(a key): expected a string of 1 to 100 characters',
        ],
        id="mapping",
    ),
    pytest.param(
        MAIL.replace('kind = "smtp"', 'kind = "smptp"'),
        [
            'line 6: destination "mail": via.kind: no such value; did you mean "smtp"? expected one of acs, smtp',
        ],
        id="kind",
    ),
    pytest.param(
        MAIL.replace('kind = "smtp", ', "").replace('["sales@contoso.example"]', "[]"),
        [
            'line 5: destination "mail": to: expected an array of 1 to 50 items, each an e-mail address, such as sales@contoso.com',
            'line 6: destination "mail": via.kind: expected one of acs, smtp (required)',
        ],
        id="no-kind-and-nobody",
    ),
    pytest.param(
        "[marketplace_table]\nsince = 5\nevery = 0\n",
        [
            "line 1: marketplace_table.connection: expected the name of an environment variable, such as OUR_CRM_SECRET (required): The connection string that Partner Center was given",
            "line 2: marketplace_table.since: expected a date, such as 2026-11-01",
            "line 3: marketplace_table.every: expected a number from 1 to 86400",
        ],
        id="table-of-leads",
    ),
    pytest.param(
        f'{FILE}[report]\nto = ["boss@contoso.example"]\nby = "dsk"\n',
        ['line 12: report.by: no destination "dsk"; did you mean "desk"? known: desk'],
        id="report-by-nobody",
    ),
    pytest.param(
        f'{FILE}[report]\nto = ["boss@contoso.example"]\nby = "desk"\n',
        ['line 12: report.by: "desk" is no destination of the type email'],
        id="report-by-a-webhook",
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_told(text, expected, tmp_path):
    """Each fault is told once, by name and line, with what is expected in its place."""
    assert expected == said(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FILE + route('field = "country", op = "present"') + rule(), id="webhook"),
        pytest.param(DYNAMICS, id="dynamics"),
        pytest.param(MAIL, id="mail"),
        pytest.param(SELLERS, id="sellers"),
    ],
)
def test_right(text, tmp_path):
    """What the wrong files are made from is right, so that all that is told is their fault."""
    with pytest.raises(pytest.fail.Exception):
        said(tmp_path, text)
