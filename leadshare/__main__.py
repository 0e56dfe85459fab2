"""The command line: show the playbook and the configuration's schema, check a file."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from leadshare.core import playbook
from leadshare.errors import ConfigurationError
from leadshare.settings import read_configuration
from leadshare.wiring import configuration_model


def main(words: list[str]) -> int:
    """Print what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m leadshare")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("playbook", help="print what is promised for each storefront")
    commands.add_parser("schema", help="print the JSON Schema of leadshare.toml")
    check = commands.add_parser("check", help="check a configuration file and its secrets")
    check.add_argument("file", type=Path, nargs="?", default=Path("leadshare.toml"))
    options = parser.parse_args(words)
    if options.command == "playbook":
        print(playbook.tables())
    elif options.command == "schema":
        print(schema())
    else:
        return _check(options.file)
    return 0


def schema() -> str:
    """Return the JSON Schema of `leadshare.toml`, for editors to complete it by."""
    return json.dumps(configuration_model().model_json_schema(), indent=2, sort_keys=True)


def _check(path: Path) -> int:
    try:
        configuration = read_configuration(path, configuration_model(), os.environ)
    except ConfigurationError as error:
        print(error)
        return 1
    count = len(configuration.destination)
    print(f"{path.name} can run: {len(configuration.listing)} listings, {count} destinations")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
