"""Which paths a route matches."""

import pytest

from leadshare.local.host.errors import HostError
from leadshare.local.host.http.routes import compile_route

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def match(template, path, method="GET", methods=(), prefix="api"):
    """Match one path."""
    return compile_route(template, prefix, frozenset(methods)).match(method, path)


class TestMatch:
    @pytest.mark.parametrize(
        ("template", "path", "expected"),
        [
            pytest.param("leads", "/api/leads", {}, id="literal"),
            pytest.param("leads", "/API/Leads/", {}, id="any-case-and-a-last-slash"),
            pytest.param("leads", "/api/leads/x", None, id="too-long"),
            pytest.param("leads/{offer}", "/api/leads/a b", {"offer": "a b"}, id="parameter"),
            pytest.param("leads/{offer}", "/api/leads", None, id="parameter-is-missing"),
            pytest.param("leads/{offer?}", "/api/leads", {}, id="optional-is-absent"),
            pytest.param("leads/{offer?}", "/api/leads/", {}, id="optional-is-empty"),
            pytest.param("leads/{offer?}", "/api/leads/x", {"offer": "x"}, id="optional"),
            pytest.param("{a}-{b}/c", "/api/1-2/c", {"a": "1", "b": "2"}, id="two-in-a-segment"),
            pytest.param("{a}.{b}/c", "/api/1-2/c", None, id="literal-between-them"),
            pytest.param("f/{*path}", "/api/f/a/b", {"path": "a/b"}, id="catch-all"),
            pytest.param("f/{*path}", "/api/f", {}, id="catch-all-of-nothing"),
            pytest.param("{*path}", "/api", {}, id="catch-all-alone"),
            pytest.param("n/{id:int}", "/api/n/-12", {"id": "-12"}, id="int"),
            pytest.param("n/{id:int}", "/api/n/1x", None, id="no-int"),
            pytest.param("n/{id:int?}", "/api/n", {}, id="optional-int"),
            pytest.param("n/{id:guid}", f"/api/n/{GUID}", {"id": GUID}, id="guid"),
            pytest.param("n/{id:guid}", "/api/n/12", None, id="no-guid"),
            pytest.param("n/{id:alpha}", "/api/n/Ab", {"id": "Ab"}, id="alpha"),
            pytest.param("n/{id:alpha}", "/api/n/A1", None, id="no-alpha"),
            pytest.param("n/{id:alpha:length(2,3)}", "/api/n/abc", {"id": "abc"}, id="two-rules"),
            pytest.param("n/{id:alpha:length(2,3)}", "/api/n/abcd", None, id="one-rule-fails"),
            pytest.param("a.b", "/api/axb", None, id="literal-is-no-pattern"),
            pytest.param("a{{b}}", "/api/a{b}", {}, id="doubled-braces"),
            pytest.param("a/", "/api/a", {}, id="slash-at-the-end"),
            pytest.param("f/{**path}", "/api/f/a/b", {"path": "a/b"}, id="two-stars"),
        ],
    )
    def test_match(self, template, path, expected):
        """A route matches as ASP.NET would match it, and absent parameters are missing."""
        assert expected == match(template, path)

    def test_methods(self):
        """A route with methods matches these only, one without matches all."""
        assert match("x", "/api/x", "PUT") == {}
        assert match("x", "/api/x", "PUT", ["GET", "PUT"]) == {}
        assert match("x", "/api/x", "PUT", ["GET"]) is None

    @pytest.mark.parametrize(
        ("template", "prefix"), [("x", ""), ("/x", ""), ("~/x", ""), ("", "x")]
    )
    def test_prefix(self, template, prefix):
        """The prefix may be empty; a slash at the very beginning is left away."""
        assert match(template, "/x", prefix=prefix) == {}


class TestCompile:
    @pytest.mark.parametrize(
        ("template", "prefix"),
        [
            pytest.param("{id:float}", "api", id="no-constraint-of-ours"),
            pytest.param("{id", "api", id="open-brace"),
            pytest.param("id}", "api", id="closing-brace"),
            pytest.param("x/{?}", "api", id="no-name"),
            pytest.param("{a/b}", "api", id="slash-in-a-name"),
            pytest.param("{id}/{ID}", "api", id="twice"),
            pytest.param("{a}{b}", "api", id="nothing-between"),
            pytest.param("{*a}/b", "api", id="more-after-all"),
            pytest.param("x{*a}", "api", id="all-in-a-part"),
            pytest.param("a?b", "api", id="question-mark"),
            pytest.param("/leads", "api", id="slash-first"),
            pytest.param("a//b", "api", id="two-slashes"),
            pytest.param("leads", "api/", id="slash-after-the-prefix"),
            pytest.param("leads", "a{p", id="brace-in-the-prefix"),
            pytest.param("leads", "~api", id="tilde"),
        ],
    )
    def test_refuses(self, template, prefix):
        """A route that ASP.NET cannot read keeps the host from starting, whoever has it."""
        with pytest.raises(HostError, match="An error occurred while creating the route"):
            compile_route(template, prefix, frozenset())
