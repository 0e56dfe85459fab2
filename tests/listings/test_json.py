"""What programs are told of listings and keys: JSON alone, and all that became of each."""

from __future__ import annotations

import json

import pytest

from tests.listings.microsoft import HOST, Fault

NOW = ("--poll", "0", "--json")


@pytest.fixture(name="robot")
def _robot(microsoft):
    """A listing without a key."""
    return microsoft.add("robot")


def asked(line, *words, shows=False, **more):
    """Run a command; return its exit code and what it told of the one listing, and of all."""
    code, said = line.run(*words, shows=shows, **more)
    told = json.loads(said)
    [one] = told["listings"]
    assert ("contoso.robot", told["ok"]) == (one["listing"], code == 0)
    return code, one


class TestEnable:
    def test_set(self, microsoft, line, robot):
        """What was to be changed and what was is told; how it goes on stands apart."""
        code, told = asked(line, "listings", "enable", "--all", "--yes", *NOW)

        assert 0 == code
        assert microsoft.url(robot)
        assert told["told"][0].startswith("draft: none -> ")
        assert "set" == told["told"][-1]
        assert [] == told["complaints"]
        assert "Waiting for 1 jobs of Partner Center" in line.errors

    def test_asked(self, microsoft, line, robot):
        """It asks as ever, apart from the JSON, and without a yes nothing is changed."""
        code, told = asked(line, "listings", "enable", "--all", *NOW)

        assert 1 == code
        assert "Go on? [y/N]" in line.errors
        assert "set" not in told["told"]
        assert robot
        assert not microsoft.keys

    def test_right(self, line, robot):
        """What is right already is told as such."""
        assert robot
        line.run("listings", "enable", "--all", "--yes", "--poll", "0")

        code, told = asked(line, "listings", "enable", "--all", *NOW)

        assert (0, ["right already"]) == (code, told["told"])


class TestKeys:
    def test_create(self, microsoft, line, robot):
        """The key's name is told and whether it was made, its URL only where that is asked for."""
        assert robot
        _, made = asked(line, "keys", "create", "--all", "--json")
        _, there = asked(line, "keys", "create", "--all", "--json")
        _, shown = asked(line, "keys", "create", "--all", "--json", "--show", shows=True)

        [(name, key)] = microsoft.keys.items()
        assert (name, True) == (made["key"], made["made"])
        assert (name, False, False) == (there["key"], "made" in there, "url" in there)
        assert f"{HOST}/api/leads/contoso.robot?code={key}" == shown["url"]

    def test_refused(self, microsoft, line, robot):
        """What went wrong is told as a complaint."""
        assert robot
        microsoft.faults = [Fault("PUT", "/keys/", 403)]
        code, told = asked(line, "keys", "create", "--all", "--json")

        assert (1, [], 1) == (code, told["told"], len(told["complaints"]))
        assert told["complaints"][0].startswith("HTTP 403")

    def test_rotate_and_revoke(self, microsoft, line, robot):
        """Another key is told of, and of the older that it has ended."""
        assert robot
        line.run("keys", "create", "--all")
        [older] = microsoft.keys
        _, rotated = asked(line, "keys", "rotate", "--all", "--json")
        _, revoked = asked(line, "keys", "revoke", "--all", "--yes", "--json")

        [newer] = microsoft.keys
        assert (newer, True) == (rotated["key"], rotated["made"])
        assert [older] == revoked["ended"]
        assert f"end {older}" in revoked["told"]

    def test_revoke_asks(self, microsoft, line, robot):
        """Without a yes no key ends."""
        assert robot
        line.run("keys", "create", "--all")
        code, told = asked(line, "keys", "revoke", "--all", "--every", "--json", answer="n\n")

        assert (1, False) == (code, "ended" in told)
        assert 1 == len(microsoft.keys)
