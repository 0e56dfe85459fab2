"""`listings enable`: the change is shown, asked for, made, waited for, and published if told."""

from __future__ import annotations

import pytest

from leadshare.commands.listings import enabling
from tests.listings.microsoft import HOST, Fault

NOW = ("--poll", "0")


@pytest.fixture(name="robot")
def _robot(microsoft):
    """A listing without key or destination."""
    return microsoft.add("robot")


def configured(microsoft):
    """How many configure requests were made."""
    return microsoft.asked.count("POST /rp/product-ingestion/configure")


class TestEnable:
    def test_sets(self, microsoft, line, robot):
        """A listing gets a key and an address of its own, once its job is done."""
        code, said = line.run("listings", "enable", "--all", "--yes", *NOW)

        assert 0 == code
        assert f"draft: none -> {HOST}/api/leads/contoso.robot, a key made for it" in said
        assert "contoso.robot: set" in said
        [key] = microsoft.keys.values()
        assert f"{HOST}/api/leads/contoso.robot?code={key}" == microsoft.url(robot)
        assert (robot, "preview") not in microsoft.trees

    def test_again(self, microsoft, line, robot):
        """What is right already is left alone, without a question."""
        line.run("listings", "enable", "--all", "--yes", *NOW)
        before = microsoft.url(robot), configured(microsoft)
        code, said = line.run("listings", "enable", "--all")

        assert 0 == code
        assert "contoso.robot: right already" in said
        assert "Nothing to change." in said
        assert before == (microsoft.url(robot), configured(microsoft))

    @pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n"])
    def test_no(self, microsoft, line, robot, answer):
        """Without a clear yes nothing is changed, not even a key made."""
        code, said = line.run("listings", "enable", "--all", answer=answer)

        assert 1 == code
        assert "Nothing was changed." in said
        assert not microsoft.keys
        assert not configured(microsoft)
        assert "none" == microsoft.trees[robot, "draft"][0]["leadDestination"]

    def test_yes(self, microsoft, line, robot):
        """A yes is enough."""
        assert 0 == line.run("listings", "enable", "--all", *NOW, answer="y\n")[0]
        assert microsoft.url(robot)

    def test_one(self, microsoft, line, robot):
        """Only listings that are named are touched, each with a key of its own."""
        other, third = microsoft.add("other"), microsoft.add("third")
        names = ("--listing", "Contoso.Robot", "--listing", "contoso.third")
        line.run("listings", "enable", *names, "--yes", *NOW)

        assert 2 == len({microsoft.url(robot), microsoft.url(third)})
        assert 2 == len(set(microsoft.keys.values()))
        assert "none" == microsoft.trees[other, "draft"][0]["leadDestination"]

    def test_unknown(self, microsoft, line, robot):
        """A listing that is not there is an error that names those that are."""
        assert robot
        assert 2 == line.run("listings", "enable", "--listing", "contoso.x", "--yes")[0]
        assert "contoso.x: no such listing; known: contoso.robot" in line.errors
        assert not microsoft.keys

    def test_contacts(self, microsoft, line, robot):
        """Whoever gets an e-mail per lead goes on getting it; their addresses are not told."""
        settings = {"contactEmail": ["sales@contoso.example"]}
        draft = microsoft.leads(robot, "email", emailLeadConfiguration=settings)
        microsoft.trees[robot, "draft"] = [draft]
        _, said = line.run("listings", "enable", "--all", "--yes", *NOW)

        [leads] = microsoft.trees[robot, "draft"]
        assert settings["contactEmail"] == leads["httpsEndpointLeadConfiguration"]["contactEmail"]
        assert "1 contact addresses stay" in said
        assert "sales@" not in said

    def test_older_key(self, microsoft, line, robot):
        """After a rotation it switches the listing to the newer key."""
        line.run("listings", "enable", "--all", "--yes", *NOW)
        before = microsoft.url(robot)
        line.run("keys", "rotate", "--all")
        line.run("listings", "enable", "--all", "--yes", *NOW)

        newest = microsoft.keys[max(microsoft.keys)]
        assert microsoft.url(robot) != before
        assert microsoft.url(robot).endswith(newest)

    def test_withdrawn(self, microsoft, line):
        """A withdrawn listing is left alone, and told as such."""
        microsoft.add("old", lifecycleState="deprecated")

        code, said = line.run("listings", "enable", "--all", "--yes")
        assert 0 == code
        assert "contoso.old: withdrawn, left alone" in said
        assert not configured(microsoft)


class TestJobs:
    def test_failed(self, microsoft, line, robot):
        """What a job fails with is told for each resource, without the key that it may quote."""
        assert robot
        microsoft.job_errors = [
            {
                "resourceId": "customer-leads/1",
                "code": "invalid",
                "message": "no answer from https://x/?code=abc and",
                "details": [{"code": "timeout", "message": "10 s"}],
            }
        ]
        code, _ = line.run("listings", "enable", "--all", "--yes", "--publish", "preview", *NOW)

        assert 1 == code
        said = "customer-leads/1: invalid: no answer from https://x/?code=(key) and"
        assert f"contoso.robot: {said}" in line.errors
        assert "contoso.robot: timeout: 10 s" in line.errors
        assert 1 == configured(microsoft)

    def test_cancelled(self, microsoft, line, robot):
        """A job that ends without an error is told by its result."""
        assert robot
        microsoft.job_result = "cancelled"

        assert 1 == line.run("listings", "enable", "--all", "--yes", *NOW)[0]
        assert "contoso.robot: cancelled, no reason told" in line.errors

    def test_waiting(self, microsoft, line, robot):
        """What is waited for, and for how long, is told before."""
        assert robot
        microsoft.add("other")
        _, said = line.run("listings", "enable", "--all", "--yes", *NOW)

        assert "Waiting for 2 jobs of Partner Center, at most 30 minutes." in said

    def test_stopped(self, microsoft, line, monkeypatch):
        """Whoever stops a command is told where to look."""

        def stop(*_, **__):
            raise KeyboardInterrupt

        microsoft.add("robot")
        monkeypatch.setattr("builtins.input", stop)
        assert 1 == line.run("listings", "enable", "--all", *NOW)[0]
        assert not microsoft.keys
        monkeypatch.setattr(enabling, "wait", stop)
        assert 130 == line.run("listings", "enable", "--all", "--yes", *NOW)[0]
        assert "Stopped" in line.errors

    def test_endless(self, microsoft, line, robot):
        """A job that does not end within the patience is told with its id, and not published."""
        assert robot
        microsoft.looks = 1_000_000
        words = ("--patience", "0.002", "--publish", "preview")
        code, _ = line.run("listings", "enable", "--all", "--yes", *words, *NOW)

        assert 1 == code
        assert "contoso.robot: job job-0 still runs" in line.errors
        assert 1 == configured(microsoft)

    def test_refused_one(self, microsoft, line, robot):
        """That one listing is refused does not hinder the others; its URL's key is not told."""
        microsoft.add("other")
        microsoft.faults = [
            Fault("POST", "/configure", 409, message="busy with https://x?code%3Dabc"),
        ]
        code, _ = line.run("listings", "enable", "--all", "--yes", *NOW)

        assert 1 == code
        assert (
            "contoso.other: HTTP 409 from 127.0.0.1, fault: busy with https://x?code%3D(key)"
            in line.errors
        )
        assert microsoft.url(robot)

    def test_by_hand(self, microsoft, line, robot):
        """A listing that the API cannot tell of is left to be set by hand, and told how."""
        microsoft.faults = [Fault("GET", robot, 400, times=9)]

        assert 1 == line.run("listings", "enable", "--all", "--yes", *NOW)[0]
        assert "set it by hand in Partner Center" in line.errors
        assert not microsoft.keys

        microsoft.add("other")
        assert 1 == line.run("listings", "enable", "--all", "--yes", *NOW)[0]
        assert 1 == configured(microsoft)

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            pytest.param(500, 0, id="server-fails"),
            pytest.param(429, 0, id="throttled"),
            pytest.param(404, 1, id="job-gone"),
        ],
    )
    def test_look_fails(self, microsoft, line, robot, status, code):
        """A look at a job that the server fails is made again; one that is refused ends the
        wait.
        """
        assert robot
        wait = {"retry-after": "900"}
        microsoft.faults = [Fault("GET", "/status", status, wait)]

        assert code == line.run("listings", "enable", "--all", "--yes", *NOW)[0]


class TestPublish:
    def enable(self, line, target):
        """Enable everything and publish it."""
        return line.run("listings", "enable", "--all", "--yes", "--publish", target, *NOW)

    def test_preview(self, microsoft, line, robot):
        """Publishing to preview is shown for what it is, and done after the draft is set."""
        code, said = self.enable(line, "preview")

        assert 0 == code
        assert "publish to preview: EVERY change in the draft" in said
        assert "published to preview" in said
        assert microsoft.url(robot) == microsoft.url(robot, "preview")
        assert (robot, "live") not in microsoft.trees

    def test_live(self, microsoft, line, robot):
        """Live follows preview, and then audit misses nothing and nothing more is to be done."""
        self.enable(line, "preview")
        code, said = self.enable(line, "live")

        assert 0 == code
        assert "published to live" in said
        assert microsoft.url(robot) == microsoft.url(robot, "live")
        assert 0 == line.run("listings", "audit")[0]
        assert "Nothing to change." in self.enable(line, "live")[1]

    def test_live_only(self, microsoft, line, robot):
        """What is right and live is not published again where the API tells of no preview."""
        self.enable(line, "preview")
        self.enable(line, "live")
        del microsoft.trees[robot, "preview"]

        assert "Nothing to change." in self.enable(line, "preview")[1]

    def test_live_at_once(self, microsoft, line, robot):
        """Nothing goes live that was not in preview."""
        assert 1 == self.enable(line, "live")[0]
        assert "publish to preview first" in line.errors
        assert (robot, "live") not in microsoft.trees

    def test_preview_failed(self, microsoft, line, robot):
        """A preview that failed does not go live."""
        self.enable(line, "preview")
        microsoft.submissions[robot][-1]["result"] = "failed"

        assert 1 == self.enable(line, "live")[0]
        assert "its preview has not succeeded" in line.errors

    def test_running(self, microsoft, line, robot):
        """A listing that is being published is left alone."""
        microsoft.submissions[robot].append({"status": "running", "target": {}})

        assert 1 == self.enable(line, "preview")[0]
        assert "being published already" in line.errors

    def test_takes_days(self, microsoft, line, robot):
        """That publishing still goes on when the patience ends is told, and is no failure."""
        assert robot
        line.run("listings", "enable", "--all", "--yes", *NOW)
        microsoft.looks = 1_000_000
        words = ("--publish", "preview", "--patience", "0.002")

        assert 0 == line.run("listings", "enable", "--all", "--yes", *words, *NOW)[0]
        assert "still runs" in line.errors
