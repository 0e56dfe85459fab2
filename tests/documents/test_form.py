"""Pages have the form that we want: a short README, rooms as they are, nothing told twice."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from leadshare.destinations.settings import DestinationSettings
from leadshare.reason import Reason

ROOT = Path(__file__).parents[2]
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    )
}
MARKDOWN = MarkdownIt("commonmark").enable("table")
SENTENCES = re.compile(r"[a-z)`*][.!?][)*\"]* [*(\[\"]*(?:[A-Z][a-z]|`)")
"""Where one sentence ends and another begins in the same line."""

ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|etc|No|vs)\.")


def prose(text):
    """Return the lines of a page's paragraphs and lists, without tables, code and headings."""
    tokens = MARKDOWN.parse(text)
    return [
        line
        for before, inline in pairwise(tokens)
        if before.type == "paragraph_open"
        for line in inline.content.split("\n")
    ]


def bare(line):
    """Return a line without what may hold a full stop and end no sentence: code, links,
    quotations.
    """
    line = re.sub(r"`[^`]+`", "`c`", line)
    line = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"link", line)
    return ABBREVIATED.sub("", re.sub(r"\([^()]*\)|\"[^\"]*\"", "-", line))


class TestReadme:
    def test_short(self):
        """The README is what a newcomer reads: short, and the two commands are on the first
        screen.
        """
        readme = PAGES["README.md"]
        lines = readme.splitlines()

        assert len(readme.split()) < 1200
        assert {"make run", "make test"} <= {" ".join(line.split()[:2]) for line in lines[:40]}


class TestLines:
    @pytest.mark.parametrize("page", PAGES)
    def test_semantic(self, page):
        """A line of a page has one sentence, or a part of one."""
        assert [] == [line for line in prose(PAGES[page]) if SENTENCES.search(bare(line))]

    def test_seen(self):
        """Two sentences in a line are seen; a full stop in code, a link or a bracket is none."""
        assert SENTENCES.search(bare("One is told. Another is, too."))
        assert SENTENCES.search(bare("It is **told.** `code` is, too."))
        assert not SENTENCES.search(bare("`a. B`, [one. Two](x.md), (that. This) and e.g. Odoo"))


class TestOnce:
    @pytest.mark.parametrize(
        "code", [Reason.SCHEDULE_EXHAUSTED, Reason.NOT_FOUND_AFTER_ACCEPT, Reason.TOO_OLD]
    )
    def test_codes(self, code):
        """What becomes of deliveries to all destinations is told by the on-call page alone."""
        assert ["docs/operate.md"] == [page for page, text in PAGES.items() if code in text]

    def test_schedule(self):
        """The schedule stands once, as it is."""
        default = DestinationSettings.model_fields["schedule"].default
        told = f"`{[int(seconds) for seconds in default]}`"

        assert ["docs/destinations/README.md"] == [p for p, text in PAGES.items() if told in text]


class TestRooms:
    @pytest.mark.parametrize("page", PAGES)
    def test_paths(self, page):
        """Every file and folder of ours that a page names by its path is there."""
        paths = re.findall(
            r"`((?:docs|infra|leadshare|tests)/(?:[\w/-]+\.(?:py|md|json|bicep)|[\w/-]*))`",
            PAGES[page],
        )

        assert [] == [path for path in paths if not (ROOT / path.replace("acme", "zoho")).exists()]

    def test_named(self):
        """The page on architecture names every room, and every file beside them, and no others."""
        [told] = re.findall(
            r"^## The rooms\n(.*?)^## ", PAGES["docs/architecture.md"], re.DOTALL | re.MULTILINE
        )
        cells = re.findall(r"^\| (`.+?) \|", told, re.MULTILINE)
        named = {name.strip("/") for cell in cells for name in re.findall("`([^`]+)`", cell)}
        there = {
            path.name
            for path in (ROOT / "leadshare").iterdir()
            if (path / "__init__.py").exists() or path.suffix == ".py"
        }

        assert there - {"__init__.py"} == named - {"function_app.py"}


class TestGuide:
    """Adding a destination, by the one that the guide counts."""

    def test_new(self):
        """The guide names every file that one destination has for itself, and says how many."""
        guide = PAGES["docs/adding-a-destination.md"]
        [new] = re.findall(r"^\| new \|.*\n\|.*\n((?:\|.*\n)+)", guide, re.MULTILINE)
        spans = [span.replace("acme", "zoho") for span in re.findall("`([^`]+)`", new)]
        folder = ROOT / "leadshare" / "destinations" / "zoho"
        files = {path.name for path in folder.glob("*.py")}
        tests = {*(ROOT / "tests" / "destinations" / "zoho").glob("*.py")}
        here = {
            path
            for top in ("docs", "leadshare", "tests")
            for path in (ROOT / top).rglob("*.*")
            if "zoho" in path.relative_to(ROOT).as_posix() and path.suffix != ".pyc"
        }

        assert here == {
            *(ROOT / span for span in spans if "/" in span and not span.endswith("/")),
            *(folder / name for name in files),
            *tests,
        }
        assert files | {path.name for path in tests} <= {*spans}
        assert f"is {NUMBERS[len(here)]} new files, {NUMBERS[len(files)]} of them" in guide

    def test_changed(self):
        """The guide names every file that names one destination, and says how many there are."""
        guide = PAGES["docs/adding-a-destination.md"]
        [changed] = re.findall(r"^\| changed \|.*\n\|.*\n((?:\|.*\n)+)", guide, re.MULTILINE)
        cells = [row.split("|")[1] for row in changed.splitlines()]
        names = [name for cell in cells for name in re.findall("`(.+?)`", cell)]

        assert all("zoho" in (ROOT / name).read_text("utf-8").lower() for name in names)
        assert f"and {NUMBERS[len(names)]} changed ones" in guide

    def test_registered(self):
        """The registry has one line for it."""
        tree = ast.parse((ROOT / "leadshare/destinations/__init__.py").read_text("utf-8"))
        [registry] = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]

        assert ["Zoho"] == [
            ast.unparse(value)
            for key, value in zip(registry.keys, registry.values, strict=True)
            if key and ast.unparse(key) == "ZohoSettings"
        ]


NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty", "twenty-one", "twenty-two", "twenty-three", "twenty-four"),
    *("twenty-five", "twenty-six", "twenty-seven", "twenty-eight", "twenty-nine", "thirty"),
    *("thirty-one", "thirty-two", "thirty-three"),
)
