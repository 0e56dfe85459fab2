"""Bench: python -m tests.bench [NAME ...] [--json FILE]: measure, show a table, keep the JSON."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench.alone import ROOT
from tests.bench.counts import counts
from tests.bench.crms import crms
from tests.bench.deliveries import deliveries
from tests.bench.flood import flood
from tests.bench.imports import imports
from tests.bench.intake import intake
from tests.bench.isolation import isolation
from tests.bench.limits import limits
from tests.bench.operations import idle, operations
from tests.bench.reading import reading
from tests.bench.report import Figure, to_json, to_table
from tests.bench.sooner import sooner
from tests.bench.typed import typed

BENCHMARKS: Final[dict[str, Callable[[], Iterator[Figure]]]] = {
    "intake": intake,
    "operations": operations,
    "idle": idle,
    "deliveries": deliveries,
    "isolation": isolation,
    "flood": flood,
    "reading": reading,
    "typed": typed,
    "imports": imports,
    "crms": crms,
    "sooner": sooner,
    "limits": limits,
    "counts": counts,
}


def main() -> None:
    """Measure what the command line names, else everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, default=ROOT / ".leadshare" / "bench.json")
    options = parser.parse_args()
    # As Ctrl-C does, so that whatever was started is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    console, figures, started = Console(), list[Figure](), time.monotonic()
    try:
        for name in options.names or BENCHMARKS:
            console.print(f"{time.monotonic() - started:4.0f} s  {name} ...")
            figures += BENCHMARKS[name]()
    finally:  # what was measured is told, whatever happened then
        seconds = time.monotonic() - started
        options.json.write_text(to_json(figures, seconds), encoding="utf-8")
        console.print(to_table(figures))
        console.print(f"{seconds:.0f} s; all rounds and counts: {options.json}")


if __name__ == "__main__":
    main()
