"""`keys`: one listing's own, made, replaced while both live, ended; values are not told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from leadshare.intake.key import print_of
from leadshare.listings.keys import prefix_of
from tests.listings.microsoft import HOST, Fault

ENABLE = ("listings", "enable", "--all", "--yes", "--poll", "0")


@pytest.fixture(name="robot")
def _robot(microsoft):
    """A listing without a key."""
    return microsoft.add("robot")


def aged(microsoft, hours):
    """Let all keys have been made so many hours earlier."""
    old = dict(microsoft.keys)
    microsoft.keys.clear()
    for name, value in old.items():
        made = datetime.strptime(name[-14:], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        made -= timedelta(hours=hours)
        microsoft.keys[f"{name[:-14]}{made:%Y%m%d%H%M%S}"] = value


def switch(microsoft, line, robot):
    """Have the listing use its newest key everywhere."""
    line.run(*ENABLE)
    microsoft.point(robot, microsoft.url(robot), "draft", "preview", "live")


class TestNames:
    def test_own(self):
        """No two listings share a name, even where their ids look alike; case is nothing."""
        ids = ["contoso.robot-a", "contoso.robot.a", "contoso.robot_a", f"contoso.{'x' * 90}"]

        assert 4 == len({prefix_of(one) for one in ids})
        assert prefix_of("Contoso.Robot") == prefix_of("contoso.robot")
        assert all(len(prefix_of(one)) <= 60 for one in ids)


class TestCreate:
    def test_once(self, microsoft, line, robot):
        """A listing without a key gets one, whose value Azure chooses; one that has it keeps it."""
        assert robot
        assert 0 == line.run("keys", "create", "--all")[0]
        code, said = line.run("keys", "create", "--all")

        assert 0 == code
        [name] = microsoft.keys
        assert f"contoso.robot: has {name} already" in said

    def test_show(self, microsoft, line, robot):
        """The URL with its key is printed where that is asked for, and only there."""
        assert robot
        _, said = line.run("keys", "create", "--all", "--show", shows=True)

        [key] = microsoft.keys.values()
        assert f"{HOST}/api/leads/contoso.robot?code={key}" in said

    def test_show_again(self, microsoft, line, robot):
        """A key that is there already is shown too, for whoever sets a listing by hand."""
        line.run("keys", "create", "--all")
        _, said = line.run("keys", "create", "--all", "--show", shows=True)

        assert robot
        [key] = microsoft.keys.values()
        assert f"{HOST}/api/leads/contoso.robot?code={key}" in said

    def test_withdrawn(self, microsoft, line, robot):
        """A withdrawn listing gets a key only if it is named."""
        assert robot
        microsoft.add("old", lifecycleState="deprecated")
        assert 0 == line.run("keys", "create", "--all")[0]
        assert 0 == line.run("keys", "rotate", "--all")[0]
        assert "contoso.old" not in line.all_said

        assert 0 == line.run("keys", "create", "--listing", "contoso.old")[0]
        assert 3 == len(microsoft.keys)

    def test_refused(self, microsoft, line, robot):
        """That one listing's key is refused is told, and does not hinder the others."""
        assert robot
        microsoft.add("other")
        microsoft.faults = [Fault("PUT", "/keys/", 403)]

        assert 1 == line.run("keys", "create", "--all")[0]
        assert "contoso.other: HTTP 403" in line.errors
        assert 1 == len(microsoft.keys)

    def test_others(self, microsoft, line, robot):
        """Keys that are no listing's are neither told nor touched."""
        assert robot
        microsoft.keys["default"] = "x"
        line.run("keys", "create", "--all")
        line.run("keys", "revoke", "--all", "--every", "--yes")

        assert "default" not in line.run("keys", "list")[1]
        assert {"default": "x"} == microsoft.keys


class TestRotate:
    def test_both_live(self, microsoft, line, robot):
        """The older key lives on beside its successor, and Partner Center is not touched."""
        switch(microsoft, line, robot)
        before, url = dict(microsoft.keys), microsoft.url(robot)
        code, said = line.run("keys", "rotate", "--all")

        assert 0 == code
        assert "both live until" in said
        assert before.items() < microsoft.keys.items()
        assert 2 == len(microsoft.keys)
        assert url == microsoft.url(robot)

    def test_unswitched(self, microsoft, line, robot):
        """While the listing still uses the older key, no third is made and none is ended."""
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        aged(microsoft, 48)
        code, _ = line.run("keys", "rotate", "--all")

        assert 1 == code
        assert "is in use in draft, preview, live; switch it" in line.errors
        assert 2 == len(microsoft.keys)

    def test_too_soon(self, microsoft, line, robot):
        """An older key is not ended before both have lived for the grace time."""
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        switch(microsoft, line, robot)
        code, _ = line.run("keys", "rotate", "--all")

        assert 1 == code
        assert "lives on until" in line.errors
        assert 2 == len(microsoft.keys)

    def test_next(self, microsoft, line, robot):
        """Once switched and after the grace time the older key gives way to the next one."""
        switch(microsoft, line, robot)
        oldest = next(iter(microsoft.keys.values()))
        line.run("keys", "rotate", "--all")
        switch(microsoft, line, robot)
        aged(microsoft, 25)

        assert 0 == line.run("keys", "rotate", "--all")[0]
        assert 2 == len(microsoft.keys)
        assert oldest not in microsoft.keys.values()

    def test_none(self, microsoft, line, robot):
        """A listing without a key has none to replace."""
        assert robot
        assert 1 == line.run("keys", "rotate", "--all")[0]
        assert "`keys create` makes one" in line.errors
        assert not microsoft.keys


class TestRevoke:
    def test_older(self, microsoft, line, robot):
        """What has been replaced is shown, asked for and ended; the key in use stays."""
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        switch(microsoft, line, robot)
        newest = max(microsoft.keys)
        code, said = line.run("keys", "revoke", "--all", answer="y\n")

        assert 0 == code
        assert "contoso.robot: end listing-" in said
        assert "contoso.robot: ended listing-" in said
        assert "nothing to end" not in said
        assert [newest] == list(microsoft.keys)
        code, said = line.run("keys", "revoke", "--all")
        assert (0, "contoso.robot: nothing to end\n") == (code, said)

    @pytest.mark.parametrize("target", ["draft", "preview", "live"])
    def test_in_use(self, microsoft, line, robot, target):
        """A key that any environment still uses stays."""
        switch(microsoft, line, robot)
        before = microsoft.url(robot)
        line.run("keys", "rotate", "--all")
        switch(microsoft, line, robot)
        microsoft.point(robot, before, target)

        assert 1 == line.run("keys", "revoke", "--all", "--yes")[0]
        assert f"is in use in {target}; switch it" in line.errors
        assert 2 == len(microsoft.keys)

    def test_other_address(self, microsoft, line, robot):
        """A key stays that is used by another of the deployment's addresses."""
        switch(microsoft, line, robot)
        url = microsoft.url(robot).replace(HOST, "https://leads.contoso.example")
        microsoft.point(robot, url, "live")
        line.run("keys", "rotate", "--all")
        microsoft.point(robot, f"{HOST}/api/leads/contoso.robot?code=x", "draft", "preview")

        assert 1 == line.run("keys", "revoke", "--all", "--yes")[0]
        assert "is in use in live; switch it" in line.errors
        assert 2 == len(microsoft.keys)

    def test_some(self, microsoft, line, robot):
        """What stays is told before the question, and what may end does end."""
        other = microsoft.add("other")
        switch(microsoft, line, robot)
        microsoft.point(other, microsoft.url(other), "draft")
        line.run("keys", "rotate", "--all")
        line.run("listings", "enable", "--listing", "contoso.other", "--yes", "--poll", "0")

        assert 1 == line.run("keys", "revoke", "--all")[0]
        assert "contoso.robot: " in line.errors
        assert "is in use" in line.errors
        code, said = line.run("keys", "revoke", "--all", answer="y\n")
        assert 1 == code
        assert "contoso.other: ended" in said
        assert "contoso.robot: ended" not in said
        assert 3 == len(microsoft.keys)

    def test_refused(self, microsoft, line, robot):
        """That one key may not be ended does not hinder the others."""
        assert robot
        microsoft.add("other")
        line.run("keys", "create", "--all")
        microsoft.faults = [Fault("DELETE", "/keys/", 403)]

        assert 1 == line.run("keys", "revoke", "--all", "--every", "--yes")[0]
        assert "contoso.other: HTTP 403" in line.errors
        assert 1 == len(microsoft.keys)

    @pytest.mark.parametrize(
        "broken",
        [
            pytest.param(f"{HOST}/api/leads/contoso.robot?code=*****", id="masked"),
            pytest.param("", id="unread"),
        ],
    )
    def test_unclear(self, microsoft, line, robot, broken):
        """Where it cannot be told which key is in use, none is ended, unless that is forced."""
        line.run("keys", "create", "--all")
        line.run("keys", "rotate", "--all")
        microsoft.point(robot, broken, "live")
        if not broken:
            microsoft.faults = [Fault("GET", robot, 400, times=99)]

        assert 1 == line.run("keys", "revoke", "--all", "--yes")[0]
        assert "may be in use" in line.errors
        assert 2 == len(microsoft.keys)
        assert 0 == line.run("keys", "revoke", "--all", "--yes", "--force")[0]
        assert 1 == len(microsoft.keys)

    def test_every(self, microsoft, line, robot):
        """The newest key ends too if told; not while it is in use, unless that is forced."""
        switch(microsoft, line, robot)
        words = ("keys", "revoke", "--all", "--every", "--yes")

        assert 1 == line.run(*words)[0]
        assert 0 == line.run(*words, "--force")[0]
        assert not microsoft.keys

    def test_grace(self, microsoft, line, robot):
        """With a grace time only keys end that have lived so long beside their successor.

        That others live on is as it should be, even if the listing is not switched yet; once the
        time has passed, it is a failure.
        """
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        words = ("keys", "revoke", "--all", "--yes", "--grace", "72")

        code, said = line.run(*words)
        assert (0, "") == (code, line.errors)
        assert "lives on until" in said
        aged(microsoft, 73)
        assert 1 == line.run(*words)[0]
        switch(microsoft, line, robot)
        assert 0 == line.run(*words)[0]
        assert 1 == len(microsoft.keys)

    def test_no(self, microsoft, line, robot):
        """Without a yes nothing ends."""
        assert robot
        line.run("keys", "create", "--all")

        assert 1 == line.run("keys", "revoke", "--all", "--every")[0]
        assert 1 == len(microsoft.keys)


class TestList:
    def test_told(self, microsoft, line, robot):
        """Each key is told with its listing, its age and who uses it."""
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        code, said = line.run("keys", "list", "--json")

        assert 0 == code
        older, newer = json.loads(said)["keys"]
        assert ["draft", "preview", "live"] == older["used_by"]
        assert [] == newer["used_by"]
        assert older["made"] < newer["made"]
        code, said = line.run("keys", "list")
        assert 0 == code
        assert "draft, preview, live" in said
        assert [*map(print_of, microsoft.keys.values())] == [older["print"], newer["print"]]
        assert older["print"] in said

    @pytest.mark.parametrize("words", [("keys", "list"), ("listings", "audit")])
    def test_overdue(self, microsoft, line, robot, words):
        """An older key has an end, of which it is told; one that lives on after it is a failure."""
        switch(microsoft, line, robot)
        line.run("keys", "rotate", "--all")
        switch(microsoft, line, robot)
        older, newer = json.loads(line.run("keys", "list", "--json")[1])["keys"]
        made = datetime.fromisoformat(newer["made"])
        assert ((made + timedelta(days=7)).isoformat(), "") == (older["ends"], newer["ends"])
        assert (0, "") == (line.run(*words)[0], line.errors)

        aged(microsoft, 7 * 24 - 1)
        assert (0, "") == (line.run(*words)[0], line.errors)
        aged(microsoft, 2)
        assert 1 == line.run(*words)[0]
        assert "contoso.robot: " in line.errors
        assert "was to end on" in line.errors
        assert 1 == line.run(*words, "--json")[0]
        assert 0 == line.run("keys", "revoke", "--all", "--yes")[0]
        assert 0 == line.run(*words)[0]
