"""Parts of configuration files that are right, and what no message about a wrong one may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from leadshare.app.configuration import configuration_model
from leadshare.configuration.file import read_configuration
from leadshare.errors import ConfigurationError

LISTING: Final = """\
[[listing]]
id = "contoso.robot"
title = "Contoso Robot"
kind = "app"
"""
DESK: Final = """\
[[destination]]
name = "desk"
type = "webhook"
url = "https://crm.example/in"
secret = "DESK_SECRET"
"""
FILE: Final = LISTING + DESK
DYNAMICS: Final = """\
[[destination]]
name = "our-dynamics"
type = "dynamics"
url = "https://contoso.crm4.dynamics.com"
"""
MAIL: Final = """\
[[destination]]
name = "mail"
type = "email"
sender = "leads@contoso.example"
to = ["sales@contoso.example"]
via = { kind = "smtp", host = "smtp.contoso.example" }
"""
SELLERS: Final = """\
[[destination]]
name = "sellers"
type = "partner_center_referral"
consent = ["contact_request"]
solution = "SOL-12345-ABC"
[destination.user]
tenant_id = "contoso.example"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret = "ANY"
refresh_token = "ANY"
[[route]]
to = ["sellers"]
"""

HUSH: Final = "hushhush"
SECRET: Final = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"  # noqa: S105 - guards nothing
ENVIRONMENT: Final = {"DESK_SECRET": SECRET, "ANY": HUSH}

JARGON: Final = re.compile(
    r"extra inputs|field required|input (should|is)|valid (tuple|frozenset|dict|list|string|int)"
    r"|tuple|frozenset|\bdict|discriminator|\btag\b|literal|lax-or-strict|function-"
    r"|value error|match pattern|regex|\^|pydantic|NoneType|\bstr\b|\bint\b|\bbool\b|\bmodel\b"
    r"|type=|validation|\{'",
    re.IGNORECASE,
)
"""Words of pydantic's or Python's, which are not in the file."""

FORM: Final = re.compile(r"leadshare\.toml(, line [0-9]+(, column [0-9]+)?)?: .*\S", re.DOTALL)


def route(*when: str) -> str:
    """A route with these conditions, each on a line of its own."""
    return "".join(
        ['[[route]]\nto = ["desk"]\nwhen = [\n', *(f"  {{ {w} }},\n" for w in when), "]\n"]
    )


def rule(changes: Mapping[str, str] | None = None) -> str:
    """A scoring rule, changed."""
    keys = {
        "name": '"german"',
        "points": "10",
        "why": '"from Germany"',
        "when": '[{ field = "country", op = "eq", value = "DE" }]',
        **(changes or {}),
    }
    return "[[scoring.rule]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


def said(folder: Path, text: str, environment: Mapping[str, str] = ENVIRONMENT) -> list[str]:
    """What is said about a wrong file, line by line, each of which must be clear."""
    path = folder / "leadshare.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(path, configuration_model(), environment)
    lines = str(caught.value).split("\n")
    assert [] == [line for line in lines if not FORM.fullmatch(line)]
    assert [] == [line for line in lines if JARGON.search(line)]
    assert [] == [line for line in lines if SECRET in line or HUSH in line]
    assert sorted({*lines}) == sorted(lines)
    return [line.removeprefix("leadshare.toml, ") for line in lines]
