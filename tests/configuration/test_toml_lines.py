"""Lines of a TOML text: every place that it has, and no other, on the line where it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.configuration.toml_lines import lines
from leadshare.errors import Place

ROOT = Path(__file__).parents[2]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """All places in what tomllib has read."""
    if isinstance(value, (dict, list)):
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*place, part)
            yield from places(inner, (*place, part))


class TestLines:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("", {}, id="empty"),
            pytest.param("# a = 1\n\na = 1 # b = 2", {("a",): 3}, id="comments"),
            pytest.param(
                "a.b = 1\n'c d'.\"\\u0065\" = 2\n",
                {("a",): 1, ("a", "b"): 1, ("c d",): 2, ("c d", "e"): 2},
                id="dotted-and-quoted-keys",
            ),
            pytest.param(
                "[a.b]\nc = 1\n[a]\nd = 2\n",
                {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4},
                id="tables",
            ),
            pytest.param(
                "[[a]]\nb = 1\n[a.c]\nd = 1\n\n[[a]]\n[[a.e]]\n",
                {
                    ("a",): 1,
                    ("a", 0): 1,
                    ("a", 0, "b"): 2,
                    ("a", 0, "c"): 3,
                    ("a", 0, "c", "d"): 4,
                    ("a", 1): 6,
                    ("a", 1, "e"): 7,
                    ("a", 1, "e", 0): 7,
                },
                id="arrays-of-tables",
            ),
            pytest.param(
                'a = [ # ]\n  1, [2],\n  { b = "]}", c.d = 1 },\n]\ne = 1\n',
                {
                    ("a",): 1,
                    ("a", 0): 2,
                    ("a", 1): 2,
                    ("a", 1, 0): 2,
                    ("a", 2): 3,
                    ("a", 2, "b"): 3,
                    ("a", 2, "c"): 3,
                    ("a", 2, "c", "d"): 3,
                    ("e",): 5,
                },
                id="arrays-and-inline-tables",
            ),
            pytest.param(
                'a = """\nb = 1 \\\n""\n[c]"""""\nd = \'\'\'\n[e]\'\'\'\'\nf = ""\ng = \'\'\n',
                {("a",): 1, ("d",): 5, ("f",): 7, ("g",): 8},
                id="strings-of-several-lines",
            ),
            pytest.param(
                'a = "\\"#"\nb = \'"\'\nc = 1979-05-27 07:32:00Z\nd = -1.5e+3\ne = {}\nf = []',
                {(key,): number for number, key in enumerate("abcdef", 1)},
                id="values",
            ),
        ],
    )
    def test_lines(self, text, expected):
        """Each place is on the line of its key, header or item."""
        assert {*expected} == {*places(tomllib.loads(text))}
        assert expected == lines(text)

    @pytest.mark.parametrize(
        "path", ["leadshare.sample.toml", "leadshare/local/leadshare.toml", "pyproject.toml"]
    )
    def test_files(self, path):
        """In our own files nothing is missing, and each key stands on its line."""
        text = (ROOT / path).read_text(encoding="utf-8")
        found = lines(text)

        assert {*places(tomllib.loads(text))} == {*found}
        written = text.splitlines()
        keys = [place for place in found if isinstance(place[-1], str)]
        assert [] == [key for key in keys if str(key[-1]) not in written[found[key] - 1]]


STRINGS = st.text(st.sampled_from("a[]{}=,.#'\" \\\n"), max_size=6)
SCALARS = st.one_of(st.integers(), st.booleans(), STRINGS)
KEYS = st.text(st.sampled_from("ab.[=#'\" "), min_size=1, max_size=3)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str) -> str:
    """A string on one line."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class Writer:
    """Writes TOML and notes where it put what."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.text = draw, ""
        self.where: dict[Place, int] = {}

    def note(self, place: Place) -> None:
        self.where.setdefault(place, self.text.count("\n") + 1)

    def blank(self) -> None:
        self.text += self.draw(st.sampled_from(["", " ", "\n", " # a = [\n", "\n\n"]))

    def value(self, value: Any, place: Place) -> None:
        if isinstance(value, dict):
            self.text += "{"
            for number, (key, inner) in enumerate(value.items()):
                self.text += ", " if number else " "
                self.pair(key, inner, place)
            self.text += "}"
        elif isinstance(value, list):
            self.text += "["
            for index, inner in enumerate(value):
                self.blank()
                self.note((*place, index))
                self.value(inner, (*place, index))
                self.text += ","
            self.blank()
            self.text += "]"
        elif isinstance(value, bool):
            self.text += str(value).lower()
        elif isinstance(value, int):
            self.text += str(value)
        else:
            several = self.draw(st.booleans())
            escaped = quoted(value)[1:-1].replace("\\n", "\n")
            self.text += f'"""\n{escaped}"""' if several else quoted(value)

    def pair(self, key: str, value: Any, place: Place) -> None:
        self.note((*place, key))
        self.text += f"{quoted(key)} = "
        self.value(value, (*place, key))

    def table(self, header: str, place: Place, keys: dict[str, Any]) -> None:
        self.blank()
        self.text += "\n"
        for end in range(1, len(place) + 1):
            self.note(place[:end])
        self.text += f"{header}\n"
        for key, value in keys.items():
            self.pair(key, value, place)
            self.text += "\n"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Place, int]]:
    """A text, and on which line each of its places is."""
    writer = Writer(draw)
    tables = st.dictionaries(KEYS, VALUES, max_size=3)
    writer.table("", (), {f"top {key}": value for key, value in draw(tables).items()})
    for number in range(draw(st.integers(0, 2))):
        writer.table(f"[one.{number}]", ("one", str(number)), draw(tables))
    for index in range(draw(st.integers(0, 2))):
        writer.table("[[many]]", ("many", index), draw(tables))
        if draw(st.booleans()):
            writer.table('[many."in it"]', ("many", index, "in it"), draw(tables))
    return writer.text, writer.where


@given(documents())
def test_any_text(document):
    """Whatever is written, each place is found on its line."""
    text, where = document

    assert {*where} == {*places(tomllib.loads(text))}
    assert where == lines(text)
