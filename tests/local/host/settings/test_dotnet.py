"""How .NET reads the values of options."""

from datetime import timedelta

import pytest

from leadshare.local.host.settings import dotnet


class TestTimeSpan:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("00:05:00", 300, id="time"),
            pytest.param("1:00", 3600, id="without-seconds"),
            pytest.param(" 0:0:5 ", 5, id="one-digit-each"),
            pytest.param("00:00:00.25", 0.25, id="part-of-a-second"),
            pytest.param("00:00:00.2500001", 0.25, id="seven-digits"),
            pytest.param("1.00:00:01", 86401, id="days"),
            pytest.param("1.01:00", 90000, id="days-without-seconds"),
            pytest.param("1.00:00:01.5", 86401.5, id="all-of-it"),
            pytest.param("2:00:00:01", 172801, id="days-by-colons"),
            pytest.param("24:00:00", 24 * 86400, id="no-hour-so-days"),
            pytest.param("30", 30 * 86400, id="a-number-is-days"),
            pytest.param("-1", -86400, id="minus-one-day"),
            pytest.param("-00:00:01", -1, id="negative"),
        ],
    )
    def test_reads(self, text, expected):
        """What TimeSpan.Parse takes is read as it reads it."""
        assert expected == dotnet.to_timespan(text).total_seconds()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "5 minutes",
            "PT5M",
            "00:60:00",
            "00:00:60",
            "1.24:00:00",
            "00:5:",
            "5m",
            "10675200",
            "٣",
        ],
    )
    def test_refuses(self, text):
        """What it does not take is refused with the text and an example."""
        with pytest.raises(ValueError, match="is no TimeSpan such as 00:05:00"):
            dotnet.to_timespan(text)


class TestOthers:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("16", 16), (" -1 ", -1), ("+2", 2), ("0x10", 16), ("&hff", 255), ("#a", 10)],
    )
    def test_int(self, text, expected):
        """Whole numbers are read, those too that are hexadecimal."""
        assert expected == dotnet.to_int(text)

    @pytest.mark.parametrize("text", ["", "16.5", "1e3", "ten", "True", "2147483648", "1_0", "0x"])
    def test_no_int(self, text):
        """What is no whole number of 32 bits is refused."""
        with pytest.raises(ValueError, match="32 bits"):
            dotnet.to_int(text)

    @pytest.mark.parametrize(("text", "expected"), [("true", True), (" False ", False)])
    def test_bool(self, text, expected):
        """Truth is read in any case."""
        assert expected is dotnet.to_bool(text)

    @pytest.mark.parametrize("text", ["", "1", "yes", "on"])
    def test_no_bool(self, text):
        """Nothing else is truth."""
        with pytest.raises(ValueError, match="neither true nor false"):
            dotnet.to_bool(text)

    @pytest.mark.parametrize(("text", "expected"), [("20", 20.0), ("0.5", 0.5), ("-1e-3", -0.001)])
    def test_double(self, text, expected):
        """Numbers with parts are read."""
        assert expected == dotnet.to_double(text)

    @pytest.mark.parametrize("text", ["", "many", "0,5", "1_0"])
    def test_no_double(self, text):
        """What is no number is refused."""
        with pytest.raises(ValueError, match="is no number"):
            dotnet.to_double(text)

    def test_enumeration(self):
        """A name is read in any case, and so is its number."""
        read = dotnet.one_of("None", "Base64")

        assert ["Base64", "Base64", "None"] == [read("base64"), read("1"), read(" NONE ")]
        with pytest.raises(ValueError, match="'zip' is none of None, Base64"):
            read("zip")

    def test_within(self):
        """Both ends belong to a range, and its words say what was expected."""
        read = dotnet.within(dotnet.to_timespan, timedelta(), timedelta(1), "at most a day")

        assert [timedelta(), timedelta(1)] == [read("00:00"), read("1")]
        with pytest.raises(ValueError, match="'2' is not at most a day"):
            read("2")
        with pytest.raises(ValueError, match="is not at most a day"):
            read("-1")

    def test_nullable(self):
        """Where nothing is a value, an empty text is none."""
        assert [None, 5] == [dotnet.nullable(dotnet.to_int)(text) for text in ("", "5")]
