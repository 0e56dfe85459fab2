"""The pages for operators must be what the code says, and their sums must be right."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from leadshare.client.public_url import PATIENCE
from leadshare.deliveries.delivery import State
from leadshare.errors import Unread
from leadshare.local.deploy import prover
from leadshare.local.door import rendered
from leadshare.playbook import Category
from leadshare.reason import BookFault, Doubt, Left, Problem, Reason, Unproven, Vendor, Waits
from leadshare.store.keys import LAST_PROOF, PROOF
from leadshare.watch.proof import LISTING
from tests.documents.reason_codes import bare, deployed, fates, given
from tests.documents.reason_tables import BLOCK, TABLES, UNMET, written
from tests.infra.deployment import BINDINGS
from tests.infra.insights import rules

ROOT = Path(__file__).parents[2]
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md")))
}
OPERATE = PAGES["docs/operate.md"]
CODES = {*Reason, *Problem, *Unread, *Doubt, *Unproven, *Waits, *BookFault, *Left}
ADVICE = [page for page, text in PAGES.items() if re.search("\n## (Reasons|Why a)", text)]
"""Pages of destinations that say what a reason asks for at that system."""


@pytest.fixture(name="trees", scope="module")
def _trees():
    return deployed(ROOT)


def quoted(text):
    """Return what a page has as code."""
    return set(re.findall("`([^`\n]+)`", text))


WORDS = {"PT30M": "half an hour (severity 0)", "PT12H": "twelve hours (severity 2)"}
"""How the on-call page says for how long a rule is silent once it has told people."""


def anchors(text):
    """Return the anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class TestReasons:
    def test_tables(self):
        """The on-call page has the tables of the enums; `make format` writes them."""
        assert written(OPERATE) == OPERATE, "`make format` writes the tables anew"

    def test_every_table(self):
        """Every table has its place there, and every code its line in one."""
        codes = [code for table in TABLES.values() for code in table]

        assert sorted(TABLES) == sorted(name for name, *_ in BLOCK.findall(OPERATE))
        assert sorted((CODES - UNMET) | {*Vendor}) == sorted({*codes})

    def test_names_unseen(self):
        """The names by which tables are found are shown nowhere."""
        assert "reasons:" in OPERATE
        assert "reasons:" not in rendered(OPERATE)

    def test_written(self):
        """A table that says something else, or is not there yet, is written as it must be."""
        page = "[//]: # (reasons: suppressed)\n\n{}\nText.\n"
        old = "| reason |\n| --- |\n| `gone` |\n"
        new = written(page.format(""))

        assert "| `left_route` | The lead's route no longer leads there. | Nothing. |\n" in new
        assert new == written(page.format(old))
        assert new.endswith("\n\nText.\n")

    @pytest.mark.parametrize("page", ADVICE)
    def test_of_destinations(self, page):
        """A destination's page tells of no reason that the enums do not have."""
        heads = "[Rr]eason|a lead is parked as|leads wait because of"
        bodies = re.findall(rf"\n\| (?:{heads}) \|.*\n\|.*\n((?:\|.*\n)+)", PAGES[page])
        cells = [line.split("|")[1] for body in bodies for line in body.splitlines()]
        told = {code for cell in cells for code in quoted(cell)}
        begun = tuple(vendor.reason("") for vendor in Vendor)

        assert told
        assert set() == {code for code in told - {*Reason} if not code.startswith(begun)}

    def test_all_from_the_enums(self, trees):
        """No code is written out where it is given, for a typo would be another code."""
        wrong = {"leadshare.x": ast.parse('Deferred("typo"), Rejected(f"x_{y}"), {1: "throttled"}')}

        assert [] == sorted(bare(trees, CODES))
        assert 3 == len([*bare(wrong, CODES)])

    @pytest.mark.parametrize("kind", [Reason, Problem, Unread, Doubt, Unproven, Waits, Vendor])
    def test_all_given(self, trees, kind):
        """Every code is given somewhere, and says in a sentence what it means."""
        assert {f"{kind.__name__}.{code.name}" for code in kind} <= given(trees)
        assert all(re.fullmatch(r"\w.* .*[.]", code.meaning) for code in kind)
        assert all(re.fullmatch(r"[\w`\[].*[.]|", code.action) for code in kind)

    def test_fates(self, trees):
        """Each reason is in the table of what becomes of a delivery where the code gives it."""
        found = fates(trees)

        assert {"counted", "free", "parked"} == set().union(*found.values())
        assert [] == [name for name, given in found.items() if Reason[name].fate not in given]

    def test_host(self):
        """How long the host tries a message is as it is set."""
        queues = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]

        assert "00:01:00" == queues["visibilityTimeout"]
        assert (16 * 60 + 40) == queues["maxDequeueCount"]
        assert "once a minute, 1,000 times (16 h 40 min)" in OPERATE

    def test_states(self):
        """The on-call page names all states, and why a lead is suppressed."""
        assert {*State, *set(Category) - {Category.NORMAL}} <= quoted(OPERATE)

    def test_events(self, trees):
        """The on-call page names every event that is logged as a warning or an error."""
        events = {
            node.args[0].value
            for tree in trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if node.func.attr in {"warning", "error"} and isinstance(node.args[0], ast.Constant)
        }

        assert {"touch.crashed", "lane.failed", "event.failed"} <= events
        assert set() == events - quoted(OPERATE)


class TestIntake:
    def test_refusals(self, trees):
        """The on-call page tells of each status with which intake refuses, and of its reason."""
        tree = trees["leadshare.intake.post"]
        statuses = {
            str(node.args[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if node.func.id == "_refusal" and isinstance(node.args[0], ast.Constant)
        }
        [table] = re.findall(
            r"^## What intake answers\n(.*?)^## ", OPERATE, re.DOTALL | re.MULTILINE
        )

        assert "411" in statuses
        assert statuses == set(re.findall(r"^\| (4\d\d) `\w+` \|", table, re.MULTILINE))


class TestAlerts:
    def test_told(self):
        """The on-call page tells of every alert, with its severity, whether it closes by itself,
        and its title, and links its runbook.
        """
        alerts = json.loads((ROOT / "infra" / "alerts.json").read_text(encoding="utf-8"))
        told = re.findall(
            r"^\| \[`(.+)`\]\(runbooks/(.+)\.md\) \| (\d) \| (yes|no) \| (.+) \|$",
            OPERATE,
            re.MULTILINE,
        )
        queries = {
            (r["name"], r["name"], str(r["severity"]), "no" if r["stays"] else "yes", r["title"])
            for r in alerts
        }

        assert {"storage-throttled", "unreachable"} == {name for name, *_ in set(told) - queries}
        assert queries <= set(told)

    def test_rules(self):
        """The on-call page tells of the rules that ask them, by what people see of each."""
        told = re.findall(
            r"^\| `leadshare <name>: (.+)` \| (\d) \| (yes|no) \|", OPERATE, re.MULTILINE
        )
        made = {
            (
                one["properties"]["displayName"].removeprefix("leadshare prod: "),
                str(one["properties"]["severity"]),
                "yes" if one["properties"]["autoMitigate"] else "no",
            )
            for one in rules()
        }

        muted = {
            WORDS[one["properties"]["muteActionsDuration"]]
            for one in rules()
            if not one["properties"]["autoMitigate"]
        }

        assert made == set(told)
        assert f"tells people again after {' or '.join(sorted(muted))}," in OPERATE


class TestProofs:
    def test_told(self):
        """The on-call page says when proofs are posted, for how long, and under which names."""
        [schedule] = [one["schedule"] for one in BINDINGS if one.get("schedule", "%")[0] != "%"]

        assert f"At {schedule.split()[1]} minutes past each hour `prove_intake`" in OPERATE
        assert f"was not answered 2xx within {PATIENCE:.0f} s" in OPERATE
        assert {LISTING, prover.KEY, prover.SECRET, f"{PROOF}|{LAST_PROOF}"} <= quoted(OPERATE)

    def test_not_proven(self):
        """It says what they do not prove."""
        [section] = re.findall(r"^## Proofs\n(.*?)^## ", OPERATE, re.DOTALL | re.MULTILINE)

        assert "It does not prove the world's way to the region" in section
        assert "the world's way to the region" in PAGES["docs/runbooks/unproven-intake.md"]


class TestLinks:
    @pytest.mark.parametrize("page", PAGES)
    def test_resolve(self, page):
        """Every link from one page to another leads to a file, and to a heading in it."""
        for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
            if re.match("https?:|mailto:", link):
                continue
            name, _, anchor = link.partition("#")
            path = (ROOT / page).parent / name if name else ROOT / page
            assert path.resolve().exists(), link
            if anchor:
                assert anchor in anchors(path.read_text(encoding="utf-8")), link
