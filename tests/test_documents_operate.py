"""The pages for operators must be what the code says, and their sums must be right."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from leadshare.core.delivery import State
from leadshare.core.ledger import EXHAUSTED
from leadshare.core.planning import UNROUTED
from leadshare.core.playbook import Lane
from tests.reason_codes import ENDLESS, Source

ROOT = Path(__file__).parents[1]
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")))
}
OPERATE = PAGES["docs/operate.md"]
GIVEN = {
    "rejected": ("Rejected", 0),
    "deferred": ("Deferred", 0),
    "sign-in": ("SignInFailed", 0),
    "finding": ("Finding", 0),
    "unreadable": ("Unreadable", 0),
    "quarantined": ("quarantine.keep", 2),
    "parked": ("_park", 1),
    "unsigned": ("Unsigned", 0),
}
"""What gives a code, and as which of its arguments."""


@pytest.fixture(name="source", scope="module")
def _source():
    return Source.of(ROOT)


def quoted(text):
    """
    Return what a page has as code.
    """
    return set(re.findall("`([^`\n]+)`", text))


def is_named(code, tokens):
    """
    Say whether a page names a code: as it is, or as the beginning of one that goes on.
    """
    if not code.endswith(ENDLESS):
        return code in tokens
    begin = re.escape(code.removesuffix(ENDLESS))
    return any(re.fullmatch(rf"{begin}(\.\.\.|<\w+>)", token) for token in tokens)


def first_cells(text):
    """
    Return the first cells of all tables of reasons.
    """
    heads = r"reason|problem|`detail`|`reason` of a suppressed delivery"
    bodies = re.findall(rf"^\| (?:{heads}) \|.*\n\|[ :|-]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [line.split("|")[1] for body in bodies for line in body.splitlines()]


def anchors(text):
    """
    Return the anchors that GitHub makes of a page's headings.
    """
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class TestReasons:
    @pytest.mark.parametrize("kind", GIVEN)
    def test_found(self, source, kind):
        """
        Whatever gives a code, its codes are found in the source.
        """
        found = source.given(*GIVEN[kind])

        assert found
        assert [] == [place for place, codes in found.items() if not codes]

    @pytest.mark.parametrize("kind", GIVEN)
    def test_named(self, source, kind):
        """
        The on-call page names every code that parks, delays, quarantines, refuses or is found.
        """
        codes = set().union(*source.given(*GIVEN[kind]).values()) - {""}

        assert [] == sorted(code for code in codes if not is_named(code, quoted(OPERATE)))

    def test_no_others(self, source):
        """
        The on-call page explains no code that the code does not give.
        """
        given = set().union(*(set().union(*source.given(*how).values()) for how in GIVEN.values()))
        begun = tuple(code.removesuffix(ENDLESS) for code in given if code.endswith(ENDLESS))
        explained = set().union(*(quoted(cell) for cell in first_cells(OPERATE)))

        assert len(explained) > 90
        assert {EXHAUSTED, UNROUTED, *Lane} == {
            code for code in explained - given if not code.startswith(begun)
        } | {Lane.NORMAL}

    def test_host(self):
        """
        How long the host tries a message is as it is set.
        """
        queues = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]

        assert "00:01:00" == queues["visibilityTimeout"]
        assert (16 * 60 + 40) == queues["maxDequeueCount"]
        assert "once a minute, 1,000 times (16 h 40 min)" in OPERATE

    def test_collector(self, source):
        """
        Codes are found behind names, tables, imports, choices and parts that somebody else tells.
        """
        codes = set().union(*source.given("Rejected").values(), *source.given("Deferred").values())

        assert {"worklist", "not_found_after_accept", "closed_in_crm", "migrating"} <= codes
        assert {
            "marketo_...",
            "module_missing",
            "throttled",
            "odoo_refused....",
            "http_...",
        } <= codes

    def test_states(self):
        """
        The on-call page names all states, what ends a schedule, and why a lead is suppressed.
        """
        assert {*State, *set(Lane) - {Lane.NORMAL}, UNROUTED, EXHAUSTED} <= quoted(OPERATE)

    def test_events(self, source):
        """
        The on-call page names every event that is logged as a warning or an error.
        """
        events = {
            node.args[0].value
            for tree in source.trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if node.func.attr in {"warning", "error"} and isinstance(node.args[0], ast.Constant)
        }

        assert {"touch.crashed", "lane.failed", "event.failed"} <= events
        assert set() == events - quoted(OPERATE)


class TestAlerts:
    def test_told(self):
        """
        The on-call page tells of every alert, with its severity and title, and links its runbook.
        """
        rules = json.loads((ROOT / "infra" / "alerts.json").read_text(encoding="utf-8"))
        told = re.findall(
            r"^\| \[`(.+)`\]\(runbooks/(.+)\.md\) \| (\d) \| (.+) \|$", OPERATE, re.MULTILINE
        )
        queries = {(r["name"], r["name"], str(r["severity"]), r["title"]) for r in rules}

        assert {"storage-throttled"} == {name for name, *_ in set(told) - queries}
        assert queries <= set(told)


class TestLinks:
    @pytest.mark.parametrize("page", PAGES)
    def test_resolve(self, page):
        """
        Every link from one page to another leads to a file, and to a heading in it.
        """
        for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
            if re.match("https?:|mailto:", link):
                continue
            name, _, anchor = link.partition("#")
            path = (ROOT / page).parent / name if name else ROOT / page
            assert path.resolve().exists(), link
            if anchor:
                assert anchor in anchors(path.read_text(encoding="utf-8")), link
