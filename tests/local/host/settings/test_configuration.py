"""What host.json and app settings make together."""

import json

import pytest

from leadshare.local.host.settings.configuration import Configuration, of_json, of_settings, parse


class TestConfiguration:
    def test_any_case(self):
        """A path counts in any case."""
        assert "x" == Configuration([("A:b", "x")]).get("a:B")

    def test_later_wins(self):
        """Of two texts for one path the later holds."""
        assert "2" == Configuration([("a", "1")], [("A", "2")]).get("a")

    def test_under(self):
        """What lies below a path is found by its way from there."""
        configuration = Configuration([("a:B:c", "1"), ("a", "2"), ("ab:c", "3")])

        assert {"b:c": "1"} == configuration.under("A")

    def test_exists(self):
        """A path is there if it has a text, even an empty one, or something below it."""
        configuration = Configuration([("empty", ""), ("a:b", "1")])

        assert [True, True, False] == [configuration.exists(n) for n in ("empty", "A", "b")]

    def test_settings(self):
        """Two underscores stand for a colon; dots and single underscores for themselves."""
        settings = {"A__b__c": "1", "A.b_c": "2", "a:d": "3"}

        assert [("A:b:c", "1"), ("A.b_c", "2"), ("a:d", "3")] == list(of_settings(settings))


class TestJson:
    def test_paths(self):
        """Objects and lists become paths; values are written as .NET writes them."""
        tree = {"a": {"b": 16, "c": [True, None, 0.5, 2.0]}, "empty": {}, "none": []}

        assert [
            ("H:a:b", "16"),
            ("H:a:c:0", "True"),
            ("H:a:c:1", ""),
            ("H:a:c:2", "0.5"),
            ("H:a:c:3", "2"),
        ] == list(of_json(tree, "H"))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param('{"a": 1, // one\n"b": 2}', {"a": 1, "b": 2}, id="to-the-end-of-line"),
            pytest.param('/* so */ {"a": "/* no */ // no"}', {"a": "/* no */ // no"}, id="between"),
            pytest.param('{"a": [1, 2,], }', {"a": [1, 2]}, id="last-comma"),
            pytest.param('{"a": ",}"}', {"a": ",}"}, id="comma-in-text"),
            pytest.param(r'{"a": "\"//"}', {"a": '"//'}, id="quote-in-text"),
        ],
    )
    def test_comments(self, text, expected):
        """The host's library takes comments and last commas, and leaves texts alone."""
        assert expected == parse(text)

    @pytest.mark.parametrize("text", ["", "{", '{"a": 1', "{'a': 1}", '{"a" 1}', "/* {}"])
    def test_broken(self, text):
        """What is broken is refused."""
        with pytest.raises(json.JSONDecodeError):
            parse(text)
