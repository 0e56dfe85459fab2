"""The pages for operators must be what the code says, and their sums must be right."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from leadshare.core.delivery import State
from leadshare.core.ledger import EXHAUSTED
from leadshare.core.playbook import Lane
from leadshare.core.story import UNROUTED
from tests.reason_codes import ENDLESS, Source

ROOT = Path(__file__).parents[1]
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in (ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")))
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
        The on-call page names every code that parks, delays, quarantines or is found.
        """
        codes = set().union(*source.given(*GIVEN[kind]).values()) - {""}

        assert [] == sorted(code for code in codes if not is_named(code, quoted(OPERATE)))

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
