"""What is shown: short, safe, and the same for programs."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime

import pytest

from leadshare.commands import files, screen
from leadshare.errors import BadRequest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "a\x1b[2J\x07\u202eb\nc"


class TestSafe:
    def test_terminal(self, capsys):
        """What strangers wrote cannot act on a terminal, in a table, in lines or as JSON."""
        screen.show_table(("lead", "title"), [(HOSTILE, HOSTILE)], "")
        screen.say(HOSTILE)
        screen.show_json({"title": HOSTILE})
        screen.show_facts(HOSTILE, {"title": HOSTILE})
        screen.complain(HOSTILE)

        told = "".join(capsys.readouterr())
        assert not {"\x1b", "\x07", "\u202e"} & {*told}

    def test_line(self, capsys, monkeypatch):
        """A line that is too long goes on below its last part, and acts on nothing."""
        monkeypatch.setenv("COLUMNS", "30")
        screen.show_line("12:00", HOSTILE, "one two three")

        first, second = capsys.readouterr().out.splitlines()
        assert not {"\x1b", "\x07", "\u202e"} & {*first, *second}
        assert first.startswith("12:00  a")
        assert second.startswith(" " * 7)
        assert "three" in second

    def test_json_is_whole(self, capsys):
        """For programs nothing is left out, nor are lines broken."""
        screen.show_json({"title": HOSTILE * 40})

        assert {"title": HOSTILE * 40} == json.loads(capsys.readouterr().out)

    def test_markup(self, capsys):
        """What looks like markup is shown as it is."""
        screen.show_table(("lead",), [("[red]x[/red]",)], "")

        assert "[red]x[/red]" in capsys.readouterr().out


class TestWords:
    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            pytest.param("30min", "2026-11-22T11:30:00+00:00", id="minutes"),
            pytest.param("2h", "2026-11-22T10:00:00+00:00", id="hours"),
            pytest.param("3d", "2026-11-19T12:00:00+00:00", id="days"),
            pytest.param("2026-01-31", "2026-01-31", id="time"),
            pytest.param("d", "d", id="no-number"),
            pytest.param("", "", id="nothing"),
        ],
    )
    def test_instant(self, given, meant):
        """So long ago is told as a time; all else is left to the deployment."""
        assert meant == screen.instant(given, NOW)

    @pytest.mark.parametrize(
        ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (2e5, "2 d")]
    )
    def test_age(self, seconds, told):
        """How long something is, in its largest unit."""
        assert told == screen.age(seconds)

    def test_short(self):
        """A lead's id is shown short, in a form that commands take."""
        assert "0123abcd-9876" == screen.short(f"0123abcd{'0' * 24}-9876{'f' * 12}")


class TestFiles:
    def test_csv(self, tmp_path):
        """A cell is no formula, and only the owner may read it."""
        path = tmp_path / "leads.csv"
        files.write(path, {}, ("lead", "title"), [("a", "=cmd()"), ("b", HOSTILE)])

        assert "lead,title\na,'=cmd()\nb,a [2J  b c\n" == path.read_text()
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)

    def test_json(self, tmp_path):
        """As JSON it is what the deployment told."""
        path = tmp_path / "leads.json"
        files.write(path, {"leads": [{"lead": "a"}]}, (), [])

        assert {"leads": [{"lead": "a"}]} == json.loads(path.read_text())

    @pytest.mark.parametrize("name", ["there.csv", "no/folder.csv", "leads.xls"])
    def test_refused(self, tmp_path, name):
        """No file is written over, and none of another kind is made."""
        (tmp_path / "there.csv").write_text("mine")
        with pytest.raises(BadRequest):
            files.write(tmp_path / name, {}, (), [])

        assert ["there.csv"] == [path.name for path in tmp_path.iterdir()]
        assert "mine" == (tmp_path / "there.csv").read_text()
