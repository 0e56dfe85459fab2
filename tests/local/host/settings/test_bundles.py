"""Which extension bundles host.json can name."""

import pytest

from leadshare.local.host.errors import HostError
from leadshare.local.host.settings.bundles import RELEASED, Bundle, read_bundle, read_range
from leadshare.local.host.settings.configuration import Configuration, of_json

ID = "Microsoft.Azure.Functions.ExtensionBundle"
NEWEST = RELEASED[ID][0]


def bundle(**section):
    """Read a host.json with this extensionBundle."""
    return read_bundle(Configuration(of_json({"extensionBundle": section})))


class TestRange:
    @pytest.mark.parametrize(
        ("text", "low", "high"),
        [
            ("[4.*, 5.0.0)", (4, 0, 0, 0), (5, 0, 0, -1)),
            ("[4.0.0, 5.0.0]", (4, 0, 0, 0), (5, 0, 0, 0)),
            ("(4.0.0, 5.0)", (4, 0, 0, 1), (5, 0, 0, -1)),
            (" [ 4.1.*,5 ) ", (4, 1, 0, 0), (5, 0, 0, -1)),
            ("[4.38.0]", (4, 38, 0, 0), (4, 38, 0, 0)),
            ("4.0.0", (4, 0, 0, 0), (2**31, 0, 0, 0)),
            ("4.*", (4, 0, 0, 0), (2**31, 0, 0, 0)),
            ("*", (0, 0, 0, 0), (2**31, 0, 0, 0)),
            ("(,5.0.0)", (0, 0, 0, 0), (5, 0, 0, -1)),
            ("[4.0.0,)", (4, 0, 0, 0), (2**31, 0, 0, 0)),
            ("[4.0.0-beta, 5.0.0)", (4, 0, 0, -1), (5, 0, 0, -1)),
        ],
    )
    def test_reads(self, text, low, high):
        """A range is read as NuGet reads it."""
        assert (low, high) == read_range(text)

    @pytest.mark.parametrize(
        "text",
        [
            *("", "four", "[4.*, 5.0.0", "4.*, 5.0.0)", "[4.*; 5.0.0)", "(,)", "[]", "(4.0.0)"),
            *("[5.0.0, 4.0.0]", "[4.0.0, 4.0.0)", "[4.*, 5.*)", "[1, 2, 3]", ">=4.0.0", "~4", "v4"),
            "[4.*]",
        ],
    )
    def test_refuses(self, text):
        """What NuGet cannot read is no range."""
        assert read_range(text) is None


class TestBundle:
    @pytest.mark.parametrize("version", ["[4.*, 5.0.0)", "[4.0.0, 5.0.0)", "[3.*, 5.0.0)", "*"])
    def test_found(self, version):
        """The newest version that was asked for brings queues."""
        found = bundle(id=ID, version=version)

        assert Bundle(ID, NEWEST) == found
        assert {"queue", "queuetrigger"} == found.bindings

    def test_older(self):
        """Within a major version there is every older one."""
        assert Bundle(ID, (4, 10, 0, 0)) == bundle(id=ID, version="[4.0.0, 4.10.0]")

    @pytest.mark.parametrize(
        "section",
        [
            {"id": ID},
            {"id": ID, "version": " "},
            {"id": ID, "version": "[4.*, 5.0.0"},
            {"id": ID, "version": "latest"},
            {"version": None},
        ],
    )
    def test_no_version(self, section):
        """A version that cannot be read keeps the host from starting."""
        with pytest.raises(HostError, match="The value of version property in extensionBundle"):
            bundle(**section)

    @pytest.mark.parametrize("name", [None, "", "an id", ".x", "a..b"])
    def test_no_id(self, name):
        """So does an id that no package can have."""
        with pytest.raises(HostError, match="The value of id property in extensionBundle section"):
            bundle(id=name, version="[4.*, 5.0.0)")

    @pytest.mark.parametrize("name", [ID, ID.lower()])
    @pytest.mark.parametrize("version", ["[5.*, 6.0.0)", "[4.99.0, 5.0.0)"])
    def test_nowhere(self, name, version):
        """So does a range of the usual bundle in which there is no version."""
        with pytest.raises(HostError, match="no version of the extension bundle"):
            bundle(id=name, version=version)

    def test_other_case(self):
        """Where the host finds bundles, names count in their own case."""
        with pytest.raises(HostError, match="no version of the extension bundle"):
            bundle(id=ID.lower(), version="[4.*, 5.0.0)")

    @pytest.mark.parametrize("version", ["[1.*, 2.0.0)", "[2.0.0, 2.6.1)"])
    def test_too_old(self, version):
        """The host refuses bundles that are too old for it."""
        with pytest.raises(HostError, match=r"required minimum version of 2\.6\.1"):
            bundle(id=ID, version=version)

    def test_unknown(self):
        """A bundle by another name that is nowhere brings no bindings, and the host starts."""
        found = bundle(id=f"{ID}s", version="[4.*, 5.0.0)")

        assert Bundle(f"{ID}s", None) == found
        assert frozenset() == found.bindings

    def test_ensure_latest(self):
        """Every value of the section must be readable."""
        with pytest.raises(HostError, match="ensureLatest: 'x' is neither true nor false"):
            bundle(id=ID, version="[4.*, 5.0.0)", ensureLatest="x")
