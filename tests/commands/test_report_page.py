"""The report of a deployment, into a file and onto a terminal, with Microsoft's books."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import said
from tests.commands.page import reports


class Manage:
    """A deployment that answers reports."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def tell(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """Answer."""
        assert "report" == path
        self.asked.append(query)
        if query.get("by") == "campaign":
            return reports.campaigns()
        if query.get("every") == "month":
            return reports.months()
        return reports.report(query.get("by", ""), query.get("every", ""))


@pytest.fixture(name="manage")
def _manage(monkeypatch: pytest.MonkeyPatch) -> Manage:
    manage = Manage()

    @contextmanager
    def connected(*_: object, **__: object):
        yield manage

    monkeypatch.setattr("leadshare.commands.report.connected", connected)
    monkeypatch.setenv("COLUMNS", "80")
    return manage


def test_file(manage, tmp_path: Path):
    """The page is asked for by listing and week, and cohorts are of half a year."""
    path = tmp_path / "report.html"

    done = said("report", "--html", str(path), "--from", "2026-08-31", "--to", "2026-11-29")

    assert 0 == done.code, done.err
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert 0o600 == path.stat().st_mode & 0o777
    report, campaigns, months = manage.asked
    assert ("listing", "week") == (report["by"], report["every"])
    assert {"first": "2026-08-31", "last": "2026-11-29", "by": "campaign"} == campaigns
    assert {"every": "month", "first": "2026-06-01", "last": "2026-11-29"} == months

    again = said("report", "--html", str(path))
    assert (2, True) == (again.code, "there already" in again.err)


def test_other_name(manage, tmp_path: Path):
    """A file that is called otherwise is not written."""
    done = said("report", "--html", str(tmp_path / "report.pdf"))

    assert 2 == done.code
    assert "ends in .html" in done.err
    assert manage.asked


def test_terminal(manage):
    """Books stand below the leads, with Microsoft's warning and what is nobody's."""
    done = said("report", "--by", "listing")

    assert 0 == done.code, done.err
    assert manage.asked
    assert "Microsoft: clicks are no leads." in done.words
    assert "No listing has the title: Contoso Robot (old)" in done.words
    assert "revenue could not be read the last time: forbidden" in done.words
    assert "Visits from 27 November 2026 on may still grow" in done.words
    assert "11480" in done.words


def test_csv(manage):
    """A spreadsheet has their columns, too; each line that tells clicks says what they are not."""
    done = said("report", "--by", "listing", "--every", "week", "--csv")

    assert manage.asked
    heads, *lines = csv.reader(done.out.splitlines())
    assert {"visits", "clicks", "consents", "orders", "billed EUR"} < {*heads}
    assert {len(heads)} == {len(line) for line in lines}
    assert "mind" == heads[-1]
    clicks = heads.index("clicks")
    assert {
        (True, "Microsoft: clicks are no leads"),
        (False, ""),
    } == {(bool(line[clicks]), line[-1].partition(".")[0]) for line in lines}
    assert "Visits from 27 November 2026 on may still grow" in lines[-1][-1]


def test_targets_for_spreadsheets(manage):
    """A campaign's line has its targets, and what of them is reached."""
    done = said("report", "--by", "campaign", "--csv")

    assert manage.asked
    lines = csv.DictReader(done.out.splitlines())
    autumn, spring = (line for line in lines if line["target leads"])
    assert ("100", "120") == (autumn["target leads"], autumn["reached leads"])
    assert ("20000", "") == (autumn["target revenue"], autumn["reached revenue"])
    assert ("80", "") == (spring["target leads"], spring["target revenue"])


def test_worth(manage):
    """What deals are worth is told in each currency by itself, and hidden where it is of few."""
    done = said("report", "--by", "listing")

    assert manage.asked
    for told in ("vm-suite CHF <5", "vm-suite EUR 67500.25 10800.50", "vm-suite USD <5"):
        assert f"contoso.{told}" in done.words
    assert max(map(len, done.out.splitlines())) <= 80
