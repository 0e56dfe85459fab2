"""The description: all that the app answers and nothing else, of which every part is there."""

from __future__ import annotations

import json
import re

import pytest

from leadshare.errors import LeadshareError
from leadshare.operators.description.document import document
from leadshare.operators.description.operations import OPERATIONS
from tests.operators.description.manage import PREFIX, SERVED

DOCUMENT = document()
TEXT = json.dumps(DOCUMENT)
METHODS = [
    pytest.param(path, method, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
]


class TestRoutes:
    def test_all(self):
        """Each function below `/api/manage` is described by its route, method and name."""
        described = {(one.name, f"{PREFIX}{one.path}", (one.method,)) for one in OPERATIONS}

        assert {(one.name, one.route, one.methods) for one in SERVED} == described
        assert len(OPERATIONS) == len(METHODS)


class TestParts:
    def test_named(self):
        """All that is referred to is there, and all that is there is referred to."""
        referred = set(re.findall(r'"#/components/([^"]+)"', TEXT))
        components = DOCUMENT["components"]
        there = {f"{part}/{name}" for part in ("schemas", "responses") for name in components[part]}

        assert there == referred

    @pytest.mark.parametrize(("path", "method"), METHODS)
    def test_said(self, path, method):
        """Each operation says what it does, all its keys and what it answers."""
        told = DOCUMENT["paths"][path][method]

        assert told["summary"].endswith(".")
        assert [] == [one["name"] for one in told["parameters"] if not one.get("description")]
        assert {"200", "400", "401", "500", "503"} <= told["responses"].keys()
        assert ("requestBody" in told) is (method == "post")
        assert ("413" in told["responses"]) is (method == "post")
        persons = "persons" in {one["name"] for one in told["parameters"]}
        assert ("403" in told["responses"]) is persons

    def test_keys(self):
        """Each key of an order says what it is."""
        schemas = DOCUMENT["components"]["schemas"]
        bodies = {one.order.__name__ for one in OPERATIONS if one.order}
        silent = [
            f"{name}.{key}"
            for name in bodies
            for key, schema in schemas[name]["properties"].items()
            if not schema.get("description")
        ]

        assert len(bodies) == 12
        assert [] == silent

    def test_statuses(self):
        """Every status by which an error of ours is answered is described, and the platform's."""
        ours: list[type[LeadshareError]] = [LeadshareError, *LeadshareError.__subclasses__()]
        ours += [below for one in ours for below in one.__subclasses__()]
        statuses = {str(error.http_status) for error in ours}

        assert {*statuses, "401"} == DOCUMENT["components"]["responses"].keys()
