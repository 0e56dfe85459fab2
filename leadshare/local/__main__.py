"""Local: the two commands of a fresh machine, and their smaller sisters.

python -m leadshare.local run [--port 7071] [--once] [--fresh]
python -m leadshare.local test | test-odoo | bench | format
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from leadshare.local import environment

_OLDEST: Final = (3, 11)

# Each must pass; pytest comes last, so that its closing line is the last one.
CHECKS: Final = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
    ("zizmor", "--offline", "--no-progress", "--quiet", "--persona=pedantic", ".github"),
    ("python", "-m", "leadshare.local.actionlint"),
    ("pytest",),
)
# The first run unpacks Odoo and makes its database before the first test, which takes minutes.
ODOO: Final = (("pytest", "-s", "--timeout=900", "tests/odoo"),)
FORMAT: Final = (("ruff", "check", "--fix", "."), ("ruff", "format", "."))
STEPS: Final = {"test": CHECKS, "test-odoo": ODOO, "format": FORMAT}


def main(words: list[str]) -> int:
    """Do what the first of *words* names; return the exit code."""
    if sys.version_info < _OLDEST:
        print("leadshare needs Python 3.11 or newer; try PYTHON=python3.12")
        return 1
    command, *rest = words or ["help"]
    if command == "run":
        environment.prepare(environment.RUN)
        environment.hand_over("leadshare.local.show", rest)
    if command in STEPS:
        environment.prepare(environment.TEST)
        return _all(STEPS[command], rest)
    if command == "bench":
        environment.prepare(environment.TEST)
        environment.hand_over("tests.bench", rest)
    print(__doc__)
    return 2


def _all(steps: tuple[tuple[str, ...], ...], rest: list[str]) -> int:
    """Run *steps* until one fails; *rest* goes to the last."""
    for step in steps:
        more = rest if step is steps[-1] else []
        print(f"\n$ {' '.join((*step, *more))}", flush=True)
        command = [str(environment.PYTHON.with_name(step[0])), *step[1:], *more]
        code = subprocess.call(command, cwd=environment.ROOT)  # noqa: S603 - our own arguments
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
