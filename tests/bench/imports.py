"""Bench: the cold import of the app, beside that of the library that it is written for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from tests.bench.alone import ROOT
from tests.bench.report import Figure, Rounds, Target

ROUNDS: Final = 21

_CODE: Final = """
import sys, time
started = time.process_time()
import {module}
sys.stdout.write(str(time.process_time() - started))
"""


def imports() -> Iterator[Figure]:
    """Processor time of the import in a fresh interpreter whose files are compiled."""
    ours, reference = "function_app", "azure.functions"
    _milliseconds(ours)
    rounds = Rounds()
    for _ in range(ROUNDS):
        own = _milliseconds(ours)
        rounds.add(own, _milliseconds(reference))
    units = (f"ms for {ours}", f"ms for {reference}")
    yield rounds.figure("cold import", units, Target("at most", 1.15))


def _milliseconds(module: str) -> float:
    code = _CODE.format(module=module)
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout) * 1000
