"""The command line: show the playbook and the schema, check a file, care for the listings."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from leadshare import checking
from leadshare.core import playbook
from leadshare.core.preflight import Finding
from leadshare.errors import LeadshareError
from leadshare.listings import cli
from leadshare.settings import read_configuration
from leadshare.wiring import configuration_model


def main(words: list[str]) -> int:
    """Print what is asked for; return the exit code."""
    options = parser().parse_args(words)
    if options.command == "playbook":
        print(playbook.tables())
    elif options.command == "schema":
        print(schema())
    elif options.command == "check":
        return _check(options.file)
    else:
        return cli.run(options, os.environ)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the words of the command line mean."""
    parser = argparse.ArgumentParser(prog="python -m leadshare")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("playbook", help="print what is promised for each storefront")
    commands.add_parser("schema", help="print the JSON Schema of leadshare.toml")
    check = commands.add_parser(
        "check", help="check a configuration file, its secrets, and what they lead to"
    )
    check.add_argument("file", type=Path, nargs="?", default=Path("leadshare.toml"))
    cli.add(commands)
    return parser


def schema() -> str:
    """Return the JSON Schema of `leadshare.toml`, for editors to complete it by."""
    return json.dumps(configuration_model().model_json_schema(), indent=2, sort_keys=True)


def _check(path: Path) -> int:
    """Read the file, sign in to every destination, and tell what would fail there."""
    logging.basicConfig(level=logging.CRITICAL)  # what is found is printed, once
    try:
        configuration = read_configuration(path, configuration_model(), os.environ)
        count = len(configuration.destination)
        print(f"{path.name} can run: {len(configuration.listing)} listings, {count} destinations")
        reports = asyncio.run(checking.check(os.environ, path))
    except LeadshareError as error:
        print(error)
        return 1
    for name, report in reports:
        for finding in report.findings:
            print(f"{name}: {_told(finding)}")
        if not report.findings:
            print(f"{name}: well" + (", and a canary got there and back" if report.proven else ""))
    return 1 if any(report.findings for _, report in reports) else 0


def _told(finding: Finding) -> str:
    field = f" {finding.field}" if finding.field else ""
    value = f" = {finding.value}" if finding.value else ""
    leads = f", would have failed {finding.leads} recent leads" if finding.leads else ""
    return f"{finding.problem}{field}{value}{leads}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
