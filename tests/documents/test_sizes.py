"""Code is small enough to be read: modules, functions, folders and files of tests."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CODE: Final = (ROOT / "function_app.py", *sorted((ROOT / "leadshare").rglob("*.py")))
TESTS: Final = sorted((ROOT / "tests").rglob("*.py"))

LINES: Final = 250
"""The most of a module."""

LINES_OF_TESTS: Final = 500
"""The most of a file of tests."""

BODY: Final = 40
"""The most lines of a function, below its docstring."""

MODULES: Final = 16
"""The most in one folder, beside its `__init__.py`."""

WHOLE: Final = {"outgoing", "canary"}
"""Functions that name every field of a record: a longer list, and no more to understand."""


def shown(path: Path) -> str:
    """A path as one would write it."""
    return path.relative_to(ROOT).as_posix()


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a module, with how many lines each has below its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[ast.get_docstring(node) is not None :]
            if body and node.name not in WHOLE:
                yield node.name, (node.end_lineno or 0) - body[0].lineno + 1


class TestSizes:
    @pytest.mark.parametrize(("paths", "most"), [(CODE, LINES), (TESTS, LINES_OF_TESTS)])
    def test_lines(self, paths, most):
        """No module is longer than it may be."""
        lines = {shown(path): len(path.read_text("utf-8").splitlines()) for path in paths}

        assert {} == {path: count for path, count in lines.items() if count > most}

    def test_functions(self):
        """No function is longer than what is seen at once."""
        found = {(shown(path), name): lines for path in CODE for name, lines in bodies(path)}

        assert {} == {place: lines for place, lines in found.items() if lines > BODY}

    def test_folders(self):
        """No folder has more modules than one takes in."""
        folders = Counter(shown(path.parent) for path in CODE if path.name != "__init__.py")

        assert {} == {folder: count for folder, count in folders.items() if count > MODULES}


class TestFirstLines:
    def test_room(self):
        """The first line of each module names its room."""
        lines = {
            path.relative_to(ROOT / "leadshare"): path.read_text("utf-8").partition("\n")[0]
            for path in CODE[1:]
            if path.parent != ROOT / "leadshare" or not path.name.startswith("__")
        }
        rooms = {path: path.parts[0].removesuffix(".py").replace("_", " ") for path in lines}

        assert [] == [
            (path.as_posix(), line)
            for path, line in lines.items()
            if not line.lower().replace("-", "").startswith(f'"""{rooms[path]}') or ": " not in line
        ]
