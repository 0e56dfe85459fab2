"""JSON of any shape is read as what it should be, or as nothing."""

from __future__ import annotations

import pytest

from leadshare.client.answers.json_values import (
    all_objects,
    as_object,
    first_object,
    objects,
    part,
    text,
)

ODD: list[object] = [None, 7, "a", True, [], {}, [[]], ["a"]]


class TestObjects:
    @pytest.mark.parametrize("value", ODD, ids=repr)
    def test_odd(self, value):
        """What is no object is an empty one, and what is no list has none."""
        assert {} == as_object(value) == first_object(value) == part(value, "a", "b")
        assert [] == objects(value)

    def test_there(self):
        """What is as it should be is returned as it is."""
        one = {"a": {"b": {"c": 1}}}

        assert one == as_object(one)
        assert {"c": 1} == part(one, "a", "b")
        assert [one, {}] == objects([one, 7, {}, None])
        assert one == first_object([one, 7])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [([], []), ([{}, {"a": 1}], [{}, {"a": 1}]), ([{}, 7], None), ({}, None), (None, None)],
        ids=repr,
    )
    def test_all(self, value, expected):
        """A list that has anything else in it is none of objects."""
        assert expected == all_objects(value)

    def test_first_only(self):
        """A first that is no object is not made up for by the second."""
        assert {} == first_object([7, {"a": 1}])


class TestText:
    def test_text(self):
        """Only a text is a text."""
        assert ["a", "", "", ""] == [text(value) for value in ("a", None, 7, ["a"])]
