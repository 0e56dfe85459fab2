"""Every command against a running host, on real Azurite over real HTTP."""

from __future__ import annotations

import io
import stat
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.commands.leads import tailing
from tests.builders import PRIVACY_KEY
from tests.e2e.flow import somebody
from tests.e2e.process import until
from tests.e2e.sink import Mood


@pytest.fixture(scope="module", name="lead")
def _lead(run):
    """The id of a lead that the CRM has."""
    return run.settled(run.post(Email=somebody(), Company="Canary GmbH"))["lead"]["lead"]


@pytest.fixture(scope="module", name="touch")
def _touch(run):
    """The id of a touch in quarantine."""
    touch = run.web.post("leads", content=b"\x1b[2Jno json, canary").json()["touch"]
    until(lambda: run.get("quarantine")["quarantine"])
    return touch


class TestReading:
    def test_health(self, asked, lead):
        """Health tells how each destination stands, and whether something waits for a person."""
        told = asked("health")
        facts = asked("health", "--json").json

        assert lead
        assert "crm" in told.words
        assert "configuration ok" in told.words
        assert facts["configuration"] == "ok"
        assert (told.code == 0) is (facts["faults"] == [])

    def test_leads(self, asked, lead):
        """Leads are listed by short ids, which other commands take."""
        told = asked("leads", "--stage", "sales_ready", "--since", "2h")
        [found] = [one for one in asked("leads", "--json").json["leads"] if one["lead"] == lead]

        assert 0 == told.code
        assert f"{lead[:8]}-{lead[33:37]}" in told.out
        assert "listing_title" not in found

    def test_show(self, asked, lead):
        """A story tells touches, score and deliveries; persons only where they are asked for."""
        told = asked("show", lead[:8])

        assert 0 == told.code
        assert lead in told.out
        assert "To crm" in told.out
        assert "accepted, HTTP 204" in told.words
        assert "Canary" not in told.out
        assert lead == asked("show", lead[:12], "--json").json["lead"]["lead"]

    def test_persons(self, asked, lead, monkeypatch):
        """With the second key, and the option, persons are shown."""
        assert (2, "LEADSHARE_PRIVACY_KEY") == (
            (bare := asked("show", lead[:8], "--persons")).code,
            bare.err.split(":")[0],
        )
        monkeypatch.setenv("LEADSHARE_PRIVACY_KEY", "x" * 40)
        assert 3 == asked("show", lead[:8], "--persons").code
        monkeypatch.setenv("LEADSHARE_PRIVACY_KEY", PRIVACY_KEY)
        assert "Canary GmbH" in asked("show", lead[:8], "--persons", "--by", "zoë").words
        [begun] = [o for o in asked("acts", "--json").json["acts"] if o.get("by") == "zoë"]
        assert ("open", {"lead": lead}) == (begun["what"], begun["asked"])

    def test_output(self, asked, lead, tmp_path):
        """A list goes into a file that nobody else may read, and that is not there yet."""
        path = tmp_path / "leads.csv"
        assert 0 == asked("leads", "--output", str(path)).code

        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert path.read_text().startswith("lead,seen,score,stage,touches,listing")
        assert lead[:8] in path.read_text()
        assert 2 == asked("leads", "--output", str(path)).code
        assert 2 == asked("leads", "--output", str(tmp_path / "leads.xls")).code

    @pytest.mark.parametrize(
        ("words", "code", "err"),
        [
            pytest.param(("show", "0" * 8), 4, "no such lead", id="absent"),
            pytest.param(("show", "0"), 2, "lead: expected", id="too-short"),
            pytest.param(("parked", "--to", "srm"), 4, "expected one of", id="mistyped"),
            pytest.param(("replay",), 2, "all: expected true", id="all"),
            pytest.param(("leads", "--since", "soon"), 2, "since: expected", id="since"),
        ],
    )
    def test_refused(self, asked, words, code, err):
        """What is refused says why, with an exit code for programs."""
        told = asked(*words)

        assert code == told.code
        assert err in told.err


MARKET = {"LeadSource": "AzureMarketplace-INS|contoso.metrics", "ActionCode": "INS"}


@pytest.fixture(scope="module", name="stuck")
def _stuck(run):
    """The id of a lead that its CRM has not taken."""
    run.plan.moods.extend([Mood.BROKEN] * 3)
    touch = run.post("/contoso.metrics", **MARKET, Email=somebody())
    return run.settled(touch)["lead"]["lead"]


class TestFind:
    def test_found(self, asked, run, monkeypatch):
        """A customer's leads are found by what is typed or piped in, and nobody else's."""
        email = somebody()
        lead = run.lead(run.post(Email=email))["lead"]["lead"]
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{email}\n"))
        told = asked("find", "email")

        assert (0, True) == (told.code, lead in told.out)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{email}\n"))
        assert [{"lead": lead}] == asked("find", "email", "--json").json["leads"]
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{somebody()}\n"))
        assert 4 == asked("find", "email").code

    def test_persons(self, asked, run, monkeypatch):
        """With the second key it is told who they are."""
        email = somebody()
        run.lead(run.post(Email=email, Company="Canary GmbH"))
        monkeypatch.setenv("LEADSHARE_PRIVACY_KEY", PRIVACY_KEY)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{email}\n"))

        assert "Canary GmbH" in asked("find", "email", "--persons").words

    def test_never_an_argument(self, asked):
        """What is known is no word of the command, which shells and processes tell."""
        assert 2 == asked("find", "email", "a@customers.example").code


class TestParked:
    def test_asked(self, asked, monkeypatch, stuck):
        """Without a yes nothing is replayed."""
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        told = asked("replay", stuck[:8])

        assert (1, True) == (told.code, "Go on?" in told.err)
        assert "replayed" not in told.out
        bare = asked("replay", stuck[:8], "--json")
        assert (True, 0) == (bare.json["dry_run"], bare.json["replayed"])
        assert "parked since" in asked("show", stuck[:8]).words

    def test_json(self, asked, stuck):
        """For programs each tells the same, and nothing is done unless that is said."""
        [listed] = [o for o in asked("parked", "--json").json["deliveries"] if o["lead"] == stuck]
        assert "schedule_exhausted" == listed["reason"]
        assert listed["parked_since"]

        told = asked("replay", stuck, "--dry-run", "--json").json
        assert (1, 0) == (told["matched"], told["replayed"])

    def test_replayed(self, asked, run, stuck):
        """What is parked is listed with its reason, and replayed by its short id."""
        listed = asked("parked", "--to", "closing", "--reason", "schedule_exhausted")
        shown = asked("show", stuck[:8])
        done = asked("replay", stuck[:8], "--yes")

        assert stuck[:8] in listed.out
        assert "deferred, http_500, HTTP 500" in shown.words
        assert "1 match. 1 replayed." == done.words
        until(lambda: run.get(f"leads/{stuck}")["deliveries"][0]["state"] == "delivered")


class TestPaused:
    def test_all_of_it(self, asked, run):
        """While a destination is paused its deliveries wait, and say why; resumed, they leave."""
        assert "crm is paused" in asked("destinations", "pause", "crm").words
        told = run.lead(run.post(Email=somebody()))
        lead = told["lead"]["lead"]

        assert "none, held by: paused" in asked("show", lead[:8]).words
        assert "paused since" in asked("health").words
        [due] = [o for o in asked("queue", "--json").json["deliveries"] if o["lead"] == lead]
        assert ("paused", "") == (due["held_by"], due["next"])
        assert "paused" in asked("queue", "--to", "crm").out
        assert "parked" in asked("park", lead[:8], "--to", "crm").out
        assert 1 == asked("park", lead[:8]).code
        asked("replay", lead, "--yes")
        assert "crm is resumed" in asked("destinations", "resume", "crm").words
        until(lambda: run.get(f"leads/{lead}")["deliveries"][0]["state"] == "delivered")

    def test_told(self, asked):
        """Each destination is told of, and for programs as it came."""
        assert "crm" in asked("destinations").out
        assert {"crm", "closing"} == {
            one["destination"] for one in asked("destinations", "--json").json["destinations"]
        }
        assert "crm is enabled" in asked("destinations", "enable", "crm").words
        assert 4 == asked("destinations", "pause", "srm").code


class TestResent:
    def test_once_more(self, asked, run, lead):
        """A lead is told once more, as what it is; nobody else is."""
        before = len(run.crm.versions(lead))
        told = asked("resend", lead[:8], "--to", "crm")

        assert (0, True) == (told.code, "resent" in told.out)
        until(lambda: len(run.crm.versions(lead)) == before + 1)
        assert 1 == len({*run.crm.versions(lead)})


class TestOutcome:
    def test_told(self, asked, run, lead):
        """What a person says moves the lead, by its short id, and is told back."""
        words = ("outcome", lead[:8], "won", "--amount", "1200.50", "EUR", "--reason", "canary")
        told = asked(*words, "--json")

        assert (0, lead, "won", "1200.5 EUR", "people") == (
            told.code,
            *(told.json[name] for name in ("lead", "state", "amount", "source")),
        )
        assert "won" == run.get(f"leads/{lead}")["lead"]["stage"]
        assert "canary" not in asked("acts").out
        corrected = asked("outcome", lead[:8], "lost", "--source", "crm")
        assert (0, lead[:8], True) == (
            corrected.code,
            corrected.out[:8],
            corrected.out.strip().endswith(": lost"),
        )
        assert "opted out" in asked("outcome", lead[:8], "--opted-out").words

    def test_wrong(self, asked, lead):
        """What is not understood is told, as everywhere."""
        assert 2 == asked("outcome", lead[:8]).code
        assert 2 == asked("outcome", lead[:8], "won", "--amount", "5", "eur").code
        assert 4 == asked("outcome", lead[:8], "won", "--source", "srm").code
        assert 4 == asked("outcome", "0" * 8, "won").code


class TestQuarantine:
    def test_shown(self, asked, touch, tmp_path, monkeypatch):
        """What was posted is shown to whom it may be, and does nothing to the terminal."""
        assert touch[:8] in asked("quarantine").out
        bare = asked("quarantine", "show", touch[:8])
        assert "not_json" in bare.words
        assert "canary" not in bare.out

        monkeypatch.setenv("LEADSHARE_PRIVACY_KEY", PRIVACY_KEY)
        shown = asked("quarantine", "show", touch[:8], "--persons")
        raw = tmp_path / "raw"
        asked("quarantine", "show", touch[:8], "--raw", str(raw))
        assert "no json, canary" in shown.out
        assert "\x1b" not in shown.out
        assert b"\x1b[2Jno json, canary" == raw.read_bytes()
        assert 0o600 == stat.S_IMODE(raw.stat().st_mode)
        assert "canary" in asked("quarantine", "show", touch, "--persons", "--json").json["body"]

    def test_again_and_dropped(self, asked, touch):
        """What still cannot be read stays; what is dropped is gone."""
        assert 1 == asked("quarantine", "again", touch[:8]).code
        assert 1 == asked("replay", "--what", "quarantine", "--yes").code
        assert touch in asked("quarantine", "--json").out
        assert 0 == asked("quarantine", "drop", touch[:8], "--yes").code
        assert touch not in asked("quarantine", "--json").out
        assert 4 == asked("quarantine", "drop", touch[:8], "--yes").code
        assert f"drop zoe touch {touch[:8]} done: dropped True, reason not_json" in " ".join(
            asked("acts", "--limit", "1").words.split()
        )


class TestActs:
    def test_told(self, asked):
        """What was ordered is listed: who, what, and how it ended."""
        asked("destinations", "pause", "closing", "--by", "ada")
        asked("destinations", "resume", "closing")
        told = asked("acts", "--limit", "8")

        assert "ada" in told.out
        assert "zoe" in told.out
        assert "pause ada destination closing done: paused True" in told.words
        assert "pause" in {one.get("what") for one in asked("acts", "--json").json["acts"]}


class TestTail:
    def test_new(self, asked, run, lead, monkeypatch):
        """What comes is told once as it comes; what was there before is not."""
        came: list[str] = []

        def sleep(_: float) -> None:
            if came:
                raise KeyboardInterrupt
            came.append(run.lead(run.post(Email=somebody()))["lead"]["lead"])

        monkeypatch.setattr(tailing, "time", SimpleNamespace(sleep=sleep))
        told = asked("tail")

        assert 0 == told.code
        assert 1 == told.out.count(came[0][:8])
        assert lead[:8] not in told.out


class TestRights:
    def test_erased(self, asked, run, monkeypatch, tmp_path):
        """A person is told what is held, objects, and is erased by an address that no line has."""
        mail, copy = somebody(), tmp_path / "copy.json"
        run.settled(run.post(Email=mail, Description="What I wrote."))
        monkeypatch.setenv("LEADSHARE_PRIVACY_KEY", PRIVACY_KEY)

        def typed(*words: str) -> Any:
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{mail}\n"))
            return asked(*words)

        exported = typed("export", "email", "--output", str(copy))
        objected = typed("object", "email")
        counted = typed("erase", "email", "--dry-run", "--persons")
        erased = typed("erase", "email", "--yes", "--json")
        shown = asked("erase", "show", erased.json["order"])

        assert [0, 0, 0, 0] == [one.code for one in (exported, objected, counted, erased)]
        assert "What I wrote." in copy.read_text()
        assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
        assert "task" in counted.words
        assert 1 == shown.code
        assert "waits for records" in shown.words
        assert erased.json["order"] in asked("erase", "list").out
        assert 4 == typed("find", "email").code
        for said in (objected, counted, erased, shown):
            assert mail not in said.out


class TestCampaigns:
    def test_preview(self, asked, lead, tmp_path):
        """Who would move under another file is told by a deployment, and nobody moves."""
        path = tmp_path / "new.toml"
        path.write_text(
            '[[campaign]]\nid = "fair"\nname = "Fair"\nkind = "nurture"\n'
            'when = [{ field = "storefront", op = "eq", value = "appsource" }]\n'
        )

        told = asked("campaigns", "preview", str(path))
        first, again = (asked("campaigns", "preview", str(path), "--json").json for _ in range(2))

        assert 0 == told.code
        assert f"{lead[:8]}-{lead[33:37]} (by kind) fair" in told.words
        assert {"lead": lead, "now": "", "then": "fair"} in first["moves"]
        assert first == again
        assert "campaign nurture" in asked("show", lead).words
