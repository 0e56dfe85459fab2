"""What needs no deployment; `check` goes to every destination, and never tells a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadshare import check as checking
from leadshare.commands import offline
from leadshare.commands.main import main
from leadshare.destinations.description import Finding
from leadshare.local import azurite

SECRET = "whsec_bGVhZHNoYXJlIGNvbnRyYWN0IHN1aXRlIGNhbmFyeQ=="  # noqa: S105 - guards nothing
BOX = '[[destination]]\nname = "box"\ntype = "inbox"\nurl = "http://127.0.0.1:9"\n'
LISTING = '[[listing]]\nid = "contoso.suite"\ntitle = "Suite"\nkind = "offer"\n'
READY = '{ field = "score", op = "at_least", value = 60 }'


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    monkeypatch.delenv("LEADSHARE_STORAGE", raising=False)
    return tmp_path / "leadshare.toml"


def written(path: Path, name: str, url: str) -> str:
    """Write a configuration with one webhook more."""
    told = f'[[destination]]\nname = "{name}"\ntype = "webhook"\nurl = "{url}"\nsecret = "HOOK"\n'
    path.write_text((path.read_text() if path.exists() else "") + told)
    return str(path)


class TestCheck:
    def test_what_is_wrong(self, path, capsys):
        """Each destination is tried and told by name; one that fails makes the exit code 1."""
        written(path, "closed", "http://127.0.0.1:9/x")
        code = main(["check", written(path, "private", "https://10.0.0.1/x")])

        said = capsys.readouterr().out
        assert 1 == code
        assert "closed: unreachable" in said
        assert "Azure Marketplace offer       closed\n" in said
        assert "private: address_refused" in said
        assert SECRET not in said

    def test_all_well(self, path, capsys):
        """A destination with nothing to find is well, and the exit code is 0."""
        path.write_text(BOX)

        assert 0 == main(["check", str(path)])
        assert "box: well" in capsys.readouterr().out

    def test_no_connection(self, path, capsys):
        """A table of Microsoft's whose setting holds no connection string is told by its key."""
        path.write_text('[marketplace_table]\nconnection = "HOOK"\n')

        assert 1 == main(["check", str(path)])
        said = capsys.readouterr().out
        assert "marketplace_table.connection" in said
        assert "storage connection string" in said
        assert "can run" not in said
        assert SECRET not in said

    def test_table(self, path, capsys, monkeypatch, storage):
        """Microsoft's table is asked whether it answers; one that Microsoft has yet to make
        does.
        """
        path.write_text(f'{BOX}[marketplace_table]\nconnection = "TABLE"\n')
        monkeypatch.setenv("TABLE", storage)
        assert 0 == main(["check", str(path)])
        assert "devstoreaccount1|marketplaceleads: well" in capsys.readouterr().out

        monkeypatch.setenv("TABLE", storage.replace(azurite.KEY, "Y2FuYXJ5"))
        assert 1 == main(["check", str(path)])
        assert "table_unreadable = Microsoft's table answered 403" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("finding", "expected"),
        [
            pytest.param(
                Finding("value_not_allowed", "Rating", "Hot", 7),
                "value_not_allowed Rating = Hot, would have failed 7 recent leads",
                id="all",
            ),
            pytest.param(Finding("unreachable"), "unreachable", id="bare"),
        ],
    )
    def test_told(self, finding, expected):
        """A finding names the field, the value and how many recent leads it would have failed."""
        assert expected == offline.line(finding)


class TestPrinted:
    @pytest.mark.parametrize("name", ["playbook", "schema", "openapi"])
    def test_json(self, capsys, name):
        """What needs no file is told programs as JSON; what is JSON anyway, as it is."""
        assert 0 == main([name])
        people = capsys.readouterr().out
        assert 0 == main([name, "--json"])
        programs = json.loads(capsys.readouterr().out)

        if name == "playbook":
            assert [play["name"] in people for play in programs["storefronts"]] == [True] * 3
            assert {"meaning", "intent", "code"} <= programs["actions"][0].keys()
        else:
            assert programs == json.loads(people)


class TestWhoGetsWhat:
    def test_one_crm(self, path, capsys):
        """One CRM gets the leads of every storefront, kind of listing and listing."""
        path.write_text(LISTING + BOX)

        assert 0 == main(["check", str(path)])
        said = capsys.readouterr().out.splitlines()
        assert [
            "leadshare.toml can run: 1 listings, 1 destinations",
            "",
            "AppSource app                 box",
            "AppSource consulting service  box",
            "Azure Marketplace offer       box",
            "Azure Marketplace technology  box",
        ] == said[:6]
        assert ["contoso.suite (offer)         box", "", "box: well"] == said[-3:]

    def test_nowhere(self, path, capsys):
        """What leads nowhere is named with what to do, and makes the exit code 1."""
        path.write_text(LISTING + BOX + 'storefronts = ["appsource"]\n')

        assert 1 == main(["check", str(path)])
        said = capsys.readouterr().out.splitlines()
        assert "Azure Marketplace offer       NOBODY" in said
        at = "such as one with storefront Azure Marketplace"
        assert [
            "Azure Marketplace offer, Azure Marketplace technology: nobody gets these leads",
            f"contoso.suite (offer): nobody gets the others, {at}",
        ] == [line for line in said if ": nobody gets" in line]
        assert ["box: well"] == said[-1:]
        assert "[[route]] to = [] says that it is on purpose." in said[-2]

    @pytest.mark.parametrize(
        ("routes", "code"),
        [
            pytest.param(f'[[route]]\nto = ["box"]\nwhen = [{READY}]\n', 1, id="some"),
            pytest.param(
                f'[[route]]\nto = ["box"]\nwhen = [{READY}]\n[[route]]\nto = []\n',
                0,
                id="rest-kept",
            ),
            pytest.param('[[route]]\nto = ["box"]\n', 0, id="all"),
        ],
    )
    def test_conditions(self, path, capsys, routes, code):
        """A route with a condition covers what meets it; the rest needs a route, too."""
        path.write_text(BOX + 'channel = "field_seller"\n' + routes)

        assert code == main(["check", str(path)])
        said = capsys.readouterr().out
        assert ("box, only if score at least 60" in said) is (READY in routes)
        assert ("nobody gets the others, such as one with score 59" in said) is (code == 1)
        assert ("else nobody, on purpose" in said) is ("to = []" in routes)

    def test_notices(self, path, capsys, monkeypatch):
        """Where only notices tell of leads, that is a warning."""
        monkeypatch.setenv("TEAM", "https://contoso.logic.azure.com/workflows/1")
        path.write_text('[[destination]]\nname = "team"\ntype = "teams"\nurl = "TEAM"\n')

        assert 0 == main(["check", str(path)])
        said = capsys.readouterr().out
        assert "team (a notice)" in said
        assert "\nwarning: AppSource app, AppSource consulting service, " in said
        assert "only notices tell of these leads" in said
        assert "[[route]] to = [] says that it is on purpose." in said

    def test_before_anything_is_asked(self, path, capsys, monkeypatch):
        """Who gets what is told before any destination is asked."""
        said: list[str] = []

        async def check(*_: object) -> list[object]:
            said.append(capsys.readouterr().out)
            return []

        monkeypatch.setattr(checking, "check", check)
        path.write_text(BOX)

        assert 0 == main(["check", str(path)])
        assert "Azure Marketplace technology  box" in said[0]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            pytest.param(
                "", "no destination gets any lead; expected a [[destination]]", id="empty"
            ),
            pytest.param(LISTING, "no destination gets any lead", id="no-destination"),
            pytest.param(
                f"{LISTING}[[route]]\nto = []\nwhen = [{READY}]\n",
                "no destination gets any lead",
                id="some-kept",
            ),
            pytest.param(
                BOX + 'channel = "field_seller"\n',
                'channel field_seller brings "box" none of the leads without a route;'
                ' expected a [[route]] with to = ["box"]',
                id="field-seller",
            ),
            pytest.param(
                BOX + 'channel = "marketplace"\nstorefronts = ["appsource"]\n',
                'channel marketplace brings "box" none of their leads',
                id="storefronts",
            ),
            pytest.param(BOX + "storefronts = []\n", "storefronts: ", id="no-storefronts"),
        ],
    )
    def test_cannot_run(self, path, capsys, text, told):
        """A file by which no lead gets anywhere cannot run."""
        path.write_text(text)

        assert 1 == main(["check", str(path)])
        said = capsys.readouterr().out
        assert told in said
        assert "can run" not in said

    def test_all_on_purpose(self, path, capsys):
        """A route to no destination says that nobody is to get leads."""
        path.write_text("[[route]]\nto = []\n")

        assert 0 == main(["check", str(path)])
        _, table, _ = capsys.readouterr().out.split("\n\n")
        assert all(line.endswith("  nobody, on purpose") for line in table.splitlines())
