"""Which keys open which functions."""

import pytest

from leadshare.local.host.http.keys import Keys

KEYS = Keys(
    master="m",
    host={"default": "h"},
    functions={"take": {"one": "f1", "two": "f2"}, "other": {"o": "fo"}},
)


class TestAllow:
    @pytest.mark.parametrize(
        ("level", "given", "expected"),
        [
            ("ANONYMOUS", "", True),
            ("FUNCTION", "", False),
            ("FUNCTION", "f1", True),
            ("FUNCTION", "f2", True),
            ("FUNCTION", "fo", False),
            ("FUNCTION", "h", True),
            ("FUNCTION", "m", True),
            ("FUNCTION", "ü", False),
            ("ADMIN", "m", True),
            ("ADMIN", "h", False),
            ("ADMIN", "f1", False),
            ("ADMIN", "", False),
        ],
    )
    def test_allow(self, level, given, expected):
        """A function key opens its function, a host key every function, the master key all."""
        assert expected is KEYS.allow(level, "take", given)

    def test_no_master(self):
        """Without a master key no key at all opens what needs one."""
        assert not Keys().allow("ADMIN", "take", "")
