"""The command line, where it begins."""

from __future__ import annotations

import sys

from leadshare.local import environment

with environment.inside("leadshare"):
    from leadshare.commands.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
