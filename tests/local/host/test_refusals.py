"""Which functions are in error by what they declare."""

import pytest

from leadshare.local.host.refusals import refusals
from leadshare.local.host.settings.bundles import Bundle
from leadshare.local.host.worker.app import Function

BUNDLE = Bundle("Microsoft.Azure.Functions.ExtensionBundle", (4, 38, 0, 0))
NOWHERE = Bundle("Contoso.Bundle", None)
QUEUE = {"name": "queue", "type": "queue", "direction": "OUT"}
MESSAGE = {"name": "msg", "type": "queueTrigger", "direction": "IN"}


def http(route="x", methods=("GET",), name="req"):
    """Give an HTTP trigger."""
    trigger = {"name": name, "type": "httpTrigger", "direction": "IN", "authLevel": "FUNCTION"}
    return {**trigger, "route": route, "methods": list(methods)}


def function(name, trigger, *others):
    """Give a function with these bindings."""
    bindings = [trigger, *others, {"name": "$return", "type": "http", "direction": "OUT"}]
    return Function(name, bindings)


def fault(*functions, bundle=BUNDLE):
    """Give what is wrong with the last function, and with no other."""
    found = refusals(functions, bundle)
    assert set(found) <= {functions[-1].name}
    return found.get(functions[-1].name)


class TestTypes:
    @pytest.mark.parametrize("bundle", [None, NOWHERE, BUNDLE])
    def test_built_in(self, bundle):
        """HTTP and timers need no bundle."""
        timer = {"name": "timer", "type": "timerTrigger", "direction": "IN"}

        assert refusals([function("a", http()), function("b", timer)], bundle) == {}

    def test_queues(self):
        """A bundle brings queues."""
        assert fault(function("a", MESSAGE, QUEUE)) is None

    @pytest.mark.parametrize(
        ("bindings", "types"),
        [([http(), QUEUE], "queue"), ([MESSAGE, QUEUE], "queueTrigger, queue")],
    )
    def test_no_bundle(self, bindings, types):
        """Without a bundle they are in error, in the host's own words."""
        assert (
            f"The binding type(s) '{types}' are not registered."
            " Please ensure the type is correct and the binding extension is installed."
        ) == fault(function("a", *bindings), bundle=None)

    def test_wrong_bundle(self):
        """With a bundle that is nowhere the words are others."""
        assert (
            "The binding type(s) 'queue' were not found in the configured extension bundle."
            " Please ensure the type is correct and the correct version of extension bundle"
            " is configured."
        ) == fault(function("a", http(), QUEUE), bundle=NOWHERE)

    def test_not_here(self):
        """What the bundle may have and this host has not is in error, and said to be so."""
        blob = {"name": "blob", "type": "blobTrigger", "direction": "IN"}

        assert "'blobTrigger' are none that the local host has" in fault(function("a", blob))


class TestNames:
    @pytest.mark.parametrize("name", ["a", "take_touch", "A-1", "a" * 128, "hosts"])
    def test_function(self, name):
        """A function's name has letters, digits, underscores and dashes."""
        assert fault(function(name, http())) is None

    @pytest.mark.parametrize("name", ["_a", "1a", "a.b", "ä", "host", "HOST", "a" * 129])
    def test_no_function(self, name):
        """No other name is one, and host is the host's."""
        assert f"'{name}' is not a valid function name." == fault(function(name, http()))

    @pytest.mark.parametrize("name", ["r", "req2", "R" * 128])
    def test_binding(self, name):
        """A binding's name has letters and digits."""
        assert fault(function("a", http(name=name))) is None

    @pytest.mark.parametrize("name", ["my_req", "_", "2req", "", "ä", "r" * 129])
    def test_no_binding(self, name):
        """An underscore is none, on this host."""
        assert (
            f"The binding name {name} is invalid. Please assign a valid name to the binding."
        ) == fault(function("a", http(name=name)))

    def test_twice(self):
        """Names of bindings count in any case."""
        assert (
            "Multiple bindings with name 'QUEUE' discovered. Binding names must be unique."
        ) == fault(function("a", http(), QUEUE, {**QUEUE, "name": "QUEUE"}))


class TestRoutes:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param(http("leads"), http("leads"), id="same"),
            pytest.param(http("leads"), http("/Leads/"), id="case-and-slashes"),
            pytest.param(http("leads", ["GET", "PUT"]), http("leads", ["PUT"]), id="one-method"),
            pytest.param(http("leads", []), http("leads", ["PUT"]), id="all-methods"),
            pytest.param(http("b"), http(None), id="by-name"),
        ],
    )
    def test_conflict(self, first, second):
        """Of two functions on one route and method the second is in error."""
        assert "The route specified conflicts with the route defined by function 'a'." == fault(
            function("a", first), function("b", second)
        )

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            pytest.param(http("leads"), http("leads", ["POST"]), id="other-method"),
            pytest.param(http("leads/{a}"), http("leads/{b}"), id="by-template-alone"),
        ],
    )
    def test_no_conflict(self, first, second):
        """Other methods, and other names of parameters, are no conflict."""
        assert fault(function("a", first), function("b", second)) is None

    def test_only_with_what_runs(self):
        """A function in error has no route that another's could conflict with."""
        functions = [function("_a", http("leads")), function("b", http("leads"))]

        assert {"_a"} == set(refusals(functions, BUNDLE))

    @pytest.mark.parametrize("route", ["admin", "/Admin/x", "administration", "runtime/x"])
    def test_reserved(self, route):
        """The host's own routes are nobody else's."""
        assert "The specified route conflicts with one or more built in routes." == fault(
            function("a", http(route))
        )
