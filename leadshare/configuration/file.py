"""Configuration: the configuration file: read, checked, and told of in its own words and lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from leadshare.errors import ConfigurationError, Faults

M = TypeVar("M", bound=BaseModel)

SYNTAX: Final[Sequence[tuple[str, str]]] = (
    (r"Illegal character '\\n'", "a string must end on its line, with the quote it began with"),
    (
        "Unterminated string|Expected (\"'+\"|'\"+')",
        "a string must end with the quotes that it began with",
    ),
    ("Expected '=' after a key", "expected = after the key"),
    ("Invalid value", "expected a value: strings stand in quotes; true and false in small letters"),
    ("Cannot overwrite a value", "this key is there twice"),
    ("Duplicate inline table key", "this key is there twice"),
    ("Cannot declare .* twice", "this table is there twice; where several can be, write [[name]]"),
    (
        "Cannot (mutate|redefine) .*namespace",
        "this table or array is there already, written another way; write all of them as [[name]]",
    ),
    ("Expected ']]' at the end", "expected ]] behind the name"),
    ("Expected ']' at the end", "expected ] behind the name"),
    ("Unescaped '.*' in a string", r"expected \\ for each backslash, or a string in single quotes"),
    ("Unclosed array", "an array must end with ]; between items there is a comma"),
    ("Unclosed inline table", "a table in braces must end with }; between keys there is a comma"),
    ("Invalid (initial character for a key|statement)", "expected key = value, or [table]"),
    ("Expected newline or end of document", "expected the end of the line behind a value"),
    ("Invalid date or datetime", "there is no such date"),
    ("Found invalid character|Illegal character", "there is a character that cannot be seen"),
)
"""What `tomllib` says, and what we say for it; what is not here is told in its words."""

_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_configuration(path: Path, model: type[M], environment: Mapping[str, str]) -> M:
    """Read and check the file at *path*; secrets that it names come from *environment*.

    `ConfigurationError` has a line for each thing that is wrong.
    """
    text = _read(path)
    data = _parse(path, text)
    try:
        return model.model_validate(data, context=environment)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise _wrong(path, text, data, model, found) from None


@contextmanager
def placing(path: Path, model: type[BaseModel]) -> Iterator[None]:
    """Tell of `Faults` that come up here by the lines of the file at *path* that they are about."""
    try:
        yield
    except Faults as faults:
        found = [{"type": "value_error", "loc": (), "ctx": {"error": faults}}]
        text = _read(path)
        raise _wrong(path, text, _parse(path, text), model, found) from None


def _wrong(
    path: Path, text: str, data: dict[str, object], model: type[BaseModel], found: Sequence[Any]
) -> ConfigurationError:
    from leadshare.configuration.faults import tell  # noqa: PLC0415 - where nothing is wrong
    from leadshare.configuration.toml_lines import lines  # noqa: PLC0415 - neither is needed

    faults = tell(found, data, _schema(model), lines(text))
    return ConfigurationError(
        "\n".join(f"{path.name}{f', line {line}' if line else ''}: {text}" for line, text in faults)
    )


@cache
def _schema(model: type[BaseModel]) -> dict[str, object]:
    """Return what the file may say; to work it out costs 0.1 s."""
    return model.model_json_schema()


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{path.name}: expected this file beside host.json") from None
    except OSError as error:
        raise ConfigurationError(f"{path.name}: cannot be read: {error.strerror}") from None
    try:
        # As tomllib reads files: \r\n ends a line.
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = "" if content.startswith(_UTF_16) else f", line {line}"
        raise ConfigurationError(
            f"{path.name}{where}: not TOML: expected text in UTF-8; save the file as that"
        ) from None


def _parse(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.fullmatch(str(error))
        what, line, column = found.groups() if found else (str(error), None, None)
        line = line or str(text.count("\n") + 1)
        said = next((ours for theirs, ours in SYNTAX if re.match(theirs, what)), what)
        where = f"line {line}" + (f", column {column}" if column else "")
        raise ConfigurationError(f"{path.name}, {where}: not TOML: {said}") from None
