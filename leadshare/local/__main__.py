"""Local: the two commands of a fresh machine, and their smaller sisters.

python -m leadshare.local run [--port 7071] [--inbox-port 7072] [--once] [--fresh]
python -m leadshare.local test | check | test-odoo | bench | format | lock
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Final

from leadshare.local import environment, options

# Each must pass.
CHECKS: Final = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
)
# pytest comes last, so that its closing line is the last one. Three workers share it, file by file:
# many tests wait, for processes that start and for clocks.
TESTS: Final = (
    *CHECKS,
    ("zizmor", "--offline", "--no-progress", "--quiet", "--persona=pedantic", ".github"),
    ("python", "-m", "leadshare.local.actionlint"),
    (
        *("pytest", "--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder"),
        *("--cov", "--cov-report=term"),
    ),
)
# The first run unpacks Odoo and makes its database before the first test, which takes minutes.
ODOO: Final = (("pytest", "-s", "--timeout=900", "tests/odoo"),)
FORMAT: Final = (
    ("ruff", "check", "--fix", "."),
    ("ruff", "format", "."),
    ("python", "-m", "tests.documents.reason_tables"),
    ("python", "-m", "tests.documents.command_page"),
)
# All that runs in Azure, to the last byte: what requirements.txt names and what that needs in turn,
# on every Python. What is locked already stays as it is.
LOCKED: Final = ("", "leadshare/intake/app/")
LOCK: Final = tuple(
    (
        *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-header", "--no-annotate"),
        *("--output-file", f"{folder}requirements.lock", f"{folder}requirements.txt"),
    )
    for folder in LOCKED
)
STEPS: Final = {"test": TESTS, "check": CHECKS, "test-odoo": ODOO, "format": FORMAT, "lock": LOCK}
KEPT: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""What is compiled is kept, whatever is set: each worker would compile all tests, and each host."""
HELP: Final = {"help", "-h", "--help"}


def main(words: list[str]) -> int:
    """Do what the first of *words* names; return the exit code."""
    command, *rest = words or [""]
    try:
        if command == "run":
            options.read(rest)
            environment.prepare(environment.RUN)
            print("Starting storage (Azurite), the app and a CRM inbox ...", flush=True)
            environment.hand_over("leadshare.local.show", rest)
        if command in STEPS:
            environment.prepare(environment.TEST)
            return _all(STEPS[command], rest)
        if command == "bench":
            environment.prepare(environment.TEST)
            environment.hand_over("tests.bench", rest)
    except RuntimeError as error:
        print(error)
        return 1
    except KeyboardInterrupt:
        return 1
    print(__doc__)
    return 0 if command in HELP else 2


def _all(steps: tuple[tuple[str, ...], ...], rest: list[str]) -> int:
    """Run *steps* until one fails; *rest* goes to the last."""
    for step in steps:
        more = rest if step is steps[-1] else []
        print(f"\n$ {' '.join((*step, *more))}", flush=True)
        command = [str(environment.PYTHON.with_name(step[0])), *step[1:], *more]
        code = subprocess.call(command, cwd=environment.ROOT, env=os.environ | KEPT)  # noqa: S603 - our own arguments
        if code:
            return code
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what it has started, too
    sys.exit(main(sys.argv[1:]))
