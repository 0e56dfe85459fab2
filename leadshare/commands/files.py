"""Commands: lists in files, which only their owner may read."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from leadshare.commands.screen import plain
from leadshare.errors import BadRequest
from leadshare.operators.spreadsheet import cell


def write(
    path: Path, answer: Mapping[str, object], heads: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Write a list to *path*: as JSON, or as CSV, in which no cell is a formula.

    Raises `BadRequest` where the file is there already, or its name ends otherwise.
    """
    if path.suffix == ".json":
        text = json.dumps(answer, indent=2) + "\n"
    elif path.suffix == ".csv":
        table = io.StringIO()
        csv.writer(table).writerows([heads, *([cell(plain(one)) for one in row] for row in rows)])
        text = table.getvalue()
    else:
        raise BadRequest(f"--output: expected a name that ends in .csv or .json, not {path.name}")
    write_private(path, text.encode())


def write_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner may read; `BadRequest` if it is there already."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadRequest(f"{path}: is there already") from None
    except OSError as error:
        raise BadRequest(f"{path}: {error.strerror}") from None
    with os.fdopen(made, "wb") as file:
        file.write(content)
