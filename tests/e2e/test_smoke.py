"""The smoke test of a deployment, against the local host on Azurite."""

from __future__ import annotations

import json
import re

import pytest

from leadshare.local.deploy import smoke
from leadshare.local.samples import VALIDATE, Sample
from tests.e2e import process

KEY = "the-host-key"
RIGHT = 'internal_domains = ["contoso.example"]\n[[route]]\nto = []\n'
WRONG = 'destinatoin = "a slip of the pen"\n'


@pytest.fixture(name="serve")
def _serve(new_account, tmp_path):
    """Starts a host that asks for keys, with a configuration."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"master": "the-master-key", "host": {"default": KEY}}))

    def serve(configuration):
        file = tmp_path / "leadshare.toml"
        file.write_text(configuration)
        settings = process.quick(new_account(), file)
        return process.running(settings, tmp_path / "host.log", "--keys", str(keys))

    return serve


def prove(url, key, build="", patience=0.0, lead=VALIDATE):
    """What is told of a host that serves both apps' functions."""
    main, intake = smoke.Site(url, key, build), smoke.Site(url, key)
    return smoke.run(main, intake, patience, lead)


class TestRun:
    def test_seen(self, serve):
        """A test lead goes through the app and is seen, each time anew."""
        with serve(RIGHT) as host:
            told = [prove(host.url, KEY, "not packaged", 30) for _ in range(2)]

        [first], [again] = (re.findall("was seen at (.+) by build not packaged", t) for t in told)
        assert again > first
        assert all("411" in one for one in told)

    def test_wrong_key(self, serve):
        """A key that opens nothing is told of by its status, never by itself."""
        with serve(RIGHT) as host, pytest.raises(smoke.SmokeFailed) as told:
            prove(host.url, "not-the-key", patience=1)

        assert "not well; at last: manage/health answered 401" in str(told.value)
        assert "not-the-key" not in str(told.value)

    def test_wrong_configuration(self, serve):
        """An app whose configuration cannot run fails, with what is wrong in it."""
        with serve(WRONG) as host, pytest.raises(smoke.SmokeFailed, match="destinatoin"):
            prove(host.url, KEY, patience=1)

    def test_never_seen(self, serve):
        """A lead that is taken and goes no further is no success."""
        lead = Sample("no lead at all", b"no JSON", "quarantined")

        with serve(RIGHT) as host, pytest.raises(smoke.SmokeFailed, match="but never seen"):
            prove(host.url, KEY, patience=3, lead=lead)

    def test_nobody(self):
        """An address where nobody answers is told of, after the patience is over."""
        with pytest.raises(smoke.SmokeFailed, match="URLError"):
            prove("http://127.0.0.1:9", KEY, patience=0)

    def test_plain_http(self):
        """A key is never sent in the clear."""
        with pytest.raises(smoke.SmokeFailed, match="https"):
            prove("http://leadshare.example", KEY, patience=0)
