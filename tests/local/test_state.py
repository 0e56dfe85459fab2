"""The folder of `make run`, which one run has at a time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from leadshare.local import state

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from leadshare.local import state
with state.taken(Path(sys.argv[1]), fresh=False):
    print("taken", flush=True)
    time.sleep(60)
"""


class TestTaken:
    def test_one_at_a_time(self, tmp_path):
        """A second run is refused as long as another has the folder, and empties nothing."""
        folder = tmp_path / "room" / "state"
        with state.taken(folder, fresh=False):
            (folder / "kept").touch()
            with (
                pytest.raises(RuntimeError, match=r"^Another `make run` of this folder is at work"),
                state.taken(folder, fresh=True),
            ):
                pass
            assert (folder / "kept").exists()

        with state.taken(folder, fresh=False):
            assert (folder / "kept").exists()

    def test_fresh(self, tmp_path):
        """A fresh one begins with an empty folder."""
        (tmp_path / "state" / "old").mkdir(parents=True)

        with state.taken(tmp_path / "state", fresh=True) as folder:
            assert [] == list(folder.iterdir())

    def test_killed(self, tmp_path):
        """Another process keeps us out, until it ends, by whatever."""
        command = [sys.executable, "-c", HOLD, str(tmp_path / "state")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:  # noqa: S603 - our own arguments
            assert other.stdout
            assert b"taken\n" == other.stdout.readline()
            with pytest.raises(RuntimeError), state.taken(tmp_path / "state", fresh=False):
                pass
            other.kill()

        with state.taken(tmp_path / "state", fresh=False):
            pass

    def test_no_folder(self, tmp_path):
        """What is wrong otherwise is not called another run."""
        (tmp_path / "state.lock-journal").mkdir()

        with (
            pytest.raises(sqlite3.OperationalError, match="unable to open database file"),
            state.taken(tmp_path / "state", fresh=False),
        ):
            pass
