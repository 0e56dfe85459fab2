"""Which requests the local host takes for a web page's."""

import pytest

from leadshare.local.host.http.loopback import is_foreign

HERE = "127.0.0.1:7071"


class TestIsForeign:
    @pytest.mark.parametrize(
        "host", [HERE, "127.0.0.1", "127.0.0.2:80", "localhost:7071", "LOCALHOST", "[::1]:7071"]
    )
    def test_own(self, host):
        """This machine's addresses are called, by their own pages too."""
        assert not is_foreign({"Host": host})
        assert not is_foreign({"Host": host, "Origin": f"http://{host}"})

    @pytest.mark.parametrize(
        "host",
        [
            *("rebind.evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7071"),
            *(
                "10.0.0.1",
                "192.168.0.1",
                "",
                "[",
                "evil@127.0.0.1.example",
                "127.1",
                "[::ffff:10.0.0.1]",
                *("evil.example@127.0.0.1", "localhost/evil.example", "localhost#.evil.example"),
                *("localhost?evil.example", "local\thost", "[::1]evil.example", "localhost:99999"),
            ),
        ],
    )
    def test_other_name(self, host):
        """Any other name may have been pointed here."""
        assert is_foreign({"Host": host})

    def test_no_name(self):
        """So may none."""
        assert is_foreign({})

    @pytest.mark.parametrize(
        "origin",
        [
            *("https://evil.example", "null", "", "http://localhost:7071", "http://127.0.0.1:7072"),
            *("http://127.0.0.1:7071.evil.example", "http://["),
        ],
    )
    def test_other_origin(self, origin):
        """A page of any other address is refused, of another port here as well."""
        assert is_foreign({"Host": HERE, "Origin": origin})
