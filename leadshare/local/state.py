"""Local: the folder that `make run` keeps everything in, for one run at a time."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def taken(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """Have *folder* alone until the end of the block, without what was in it if *fresh*.

    RuntimeError if another has it. The lock is one of SQLite's, for those the system ends with
    the process, however that ends, on every system.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(folder.with_suffix(".lock"), timeout=0, isolation_level=None)
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise RuntimeError(
                "Another `make run` of this folder is at work; end that one first, by Ctrl-C"
            ) from error
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        yield folder
