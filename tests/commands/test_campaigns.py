"""Campaigns from the command line: their links, what they are, who would move."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from leadshare.commands.campaigns import commands
from leadshare.commands.campaigns.links import PAGES
from leadshare.playbook import PLAYBOOK
from tests.commands.conftest import said

KINDS = [kind for play in PLAYBOOK.values() for kind in play.listing_kinds]
OWN = {"app": 'campaign = "autumn_12"\n'}
LISTINGS = "".join(
    f'[[listing]]\nid = "contoso.{kind.split()[0]}"\ntitle = "Our {kind}"\nkind = "{kind}"\n'
    + OWN.get(kind, "")
    for kind in KINDS
)
FILE = (
    LISTINGS
    + """
[[destination]]
name = "crm"
type = "salesforce"
client_secret = "NOT_AT_HAND"

[[campaign]]
id = "autumn_12"
name = "Autumn webinar"
kind = "nurture"
from = 2026-09-01
until = 2026-12-15
when = [{ field = "country", op = "in", value = ["DE", "AT"] }]
targets = { leads = 2000, sales_ready = 40, revenue = 120000, currency = "EUR" }
ids = { crm = "701000000000001AAA" }

[[campaign]]
id = "fair"
name = "Spring fair"
kind = "in-demand generation"
"""
)


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> str:
    path = tmp_path / "leadshare.toml"
    path.write_text(FILE)
    return str(path)


class TestLinks:
    def test_every_kind(self, file):
        """Each campaign has a link to each listing, of whatever kind, that says both."""
        found = said("campaigns", "links", file, "--json").json["links"]

        pages = {
            ("contoso.app", "microsoft_marketplace"): "marketplace.microsoft.com/product/{}",
            ("contoso.consulting", "microsoft_marketplace"):
                "marketplace.microsoft.com/marketplace/consulting-services/{}",
            ("contoso.consulting", "appsource"):
                "appsource.microsoft.com/marketplace/consulting-services/{}",
            ("contoso.offer", "microsoft_marketplace"): "marketplace.microsoft.com/product/{}",
            ("contoso.offer", "azure_marketplace"):
                "azuremarketplace.microsoft.com/marketplace/apps/{}",
            ("contoso.technology", "microsoft_marketplace"):
                "marketplace.microsoft.com/product/{}",
            ("contoso.technology", "azure_marketplace"):
                "azuremarketplace.microsoft.com/marketplace/apps/{}",
        }  # fmt: skip
        assert 2 * len(pages) == len(found)
        for one in found:
            parts = urlsplit(one["link"])
            page = pages[one["listing"], one["storefront"]].format(one["listing"])
            assert ("https", page) == (parts.scheme, parts.netloc + parts.path)
            assert {"src": ["website"], "mktcmpid": [one["campaign"]]} == parse_qs(parts.query)
        assert [*PAGES] == KINDS

    def test_people(self, file):
        """People read them below campaign and listing, each whole on a line of its own."""
        told = said("campaigns", "links", file, "--src", "linkedin", "--src", "news letter").out

        assert "autumn_12: Autumn webinar\n  Our app\n    https://" in told
        assert 2 * 2 * 7 == sum(line.startswith("    https://") for line in told.splitlines())
        assert "?src=linkedin&mktcmpid=fair\n" in told
        assert "?src=news%20letter&mktcmpid=fair\n" in told

    def test_spreadsheet(self, file, tmp_path):
        """A spreadsheet has them all."""
        into = tmp_path / "links.csv"

        assert 0 == said("campaigns", "links", file, "--output", str(into)).code
        head, *rows = csv.reader(into.read_text().splitlines())
        assert ["campaign", "listing", "storefront", "src", "link"] == head
        assert 14 == len(rows)

    def test_none(self, tmp_path):
        """Where there is no campaign, that is said."""
        path = tmp_path / "leadshare.toml"
        path.write_text(LISTINGS.replace("campaign = ", "# "))

        assert "No links.\n" == said("campaigns", "links", str(path)).out
        assert "No campaigns.\n" == said("campaigns", "show", str(path)).out


class TestShow:
    def test_people(self, file):
        """All that is told of a campaign can be read, in words."""
        told = said("campaigns", "show", file).words

        assert "runs from 2026-09-01 until 2026-12-15" in told
        assert "who names it autumn_12, Autumn webinar" in told
        assert "who else country is one of DE, AT" in told
        assert "all others of Our app" in told
        assert "targets leads 2,000, sales ready 40, revenue 120,000 EUR" in told
        assert "ids crm 701000000000001AAA" in told
        assert "kind in-demand generation runs always" in told

    def test_programs(self, file):
        """Programs get it as the file has it."""
        first, second = said("campaigns", "show", file, "--json").json["campaigns"]

        assert ("autumn_12", "2026-09-01", ["contoso.app"]) == (
            first["id"],
            first["from"],
            first["listings"],
        )
        assert second["ids"] == {}


@pytest.mark.parametrize("command", ["links", "show", "preview"])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('id = "fair"', 'id = "spring fair"', 'campaign "spring fair": id: expected 1 to 16'),
        ('campaign = "autumn_12"', 'campaign = "autum"', 'no campaign "autum"'),
        ("ids = { crm", "ids = { crn", 'no destination "crn"; did you mean "crm"?'),
        ("until = 2026-12-15", "until = 2026-08-15", "is before it begins, 2026-09-01"),
    ],
)
def test_wrong(file, command, old, new, expected):
    """A file that is wrong about campaigns is told of by its line, whatever else it names."""
    Path(file).write_text(FILE.replace(old, new))

    told = said("campaigns", command, file)

    assert 2 == told.code
    assert expected in " ".join(told.err.split())
    assert "leadshare.toml, line " in told.err


class TestPreview:
    def test_pages(self, file, monkeypatch):
        """All pages are asked for; people read who would move from where to where, and how many."""
        asked = []

        class Manage:
            """A deployment of three leads."""

            def order(self, path, **told):
                asked.append((path, told))
                move = {"lead": f"{len(asked):032x}-{0:016x}", "now": "", "then": "autumn_12"}
                return {"leads": 2, "moves": [move], **({} if told["after"] else {"next": "n"})}

        class Connected:
            def __enter__(self):
                return Manage()

            def __exit__(self, *_):
                asked.append(("closed", {}))

        monkeypatch.setattr(commands, "connected", lambda _: Connected())

        told = said("campaigns", "preview", file, "--by", "zoe")

        assert "2 from (by kind) to autumn_12\n2 of 4 leads would move.\n" in told.out
        first, second, _ = asked
        assert ("campaigns/preview", "", "n") == (first[0], first[1]["after"], second[1]["after"])
        assert {"contoso.app": "autumn_12"} == first[1]["listings"]
        assert {"id", "name", "kind", "from", "until", "when"} >= {*first[1]["campaigns"][0]}
        json.dumps(first[1])
