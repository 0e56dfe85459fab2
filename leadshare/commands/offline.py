"""Commands: what needs no deployment: check a file, show the playbook and the schema."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadshare import playbook as promises
from leadshare.commands import screen
from leadshare.commands.options import AsJson
from leadshare.errors import LeadshareError
from leadshare.leads.coverage import Row, coverage
from leadshare.leads.coverage_table import MEND, drawn, left
from leadshare.leads.routing import Routing
from leadshare.leads.waiting.starting import silent, started

if TYPE_CHECKING:
    from leadshare.destinations.description import Finding
    from leadshare.destinations.preflight.daily import Report

File = Annotated[Path, typer.Argument(metavar="FILE", help="The configuration.")]


def check(file: File = Path("leadshare.toml"), *, as_json: AsJson = False) -> int:
    """Check a configuration: its secrets, who gets what, and what each destination says.

    Example: leadshare check leadshare.toml
    """
    # All of the app is slow to load, and is needed here only.
    from leadshare import check as checking  # noqa: PLC0415 - see above
    from leadshare.app.configuration import configuration_model  # noqa: PLC0415 - see above
    from leadshare.configuration.file import read_configuration  # noqa: PLC0415 - see above

    logging.basicConfig(level=logging.CRITICAL)  # what is found is printed, once
    try:
        configuration = read_configuration(file, configuration_model(), os.environ)
        rows = coverage(configuration)
        if not as_json:
            counts = f"{len(configuration.listing)} listings, {len(configuration.destination)}"
            screen.say(f"{file.name} can run: {counts} destinations")
            _tell_coverage(rows)
            for line in filter(None, (silent(configuration), started(configuration, rows))):
                screen.say(f"{line}\n")
        with screen.waiting("Asking each destination ..."):
            reports = asyncio.run(checking.check(os.environ, file))
    except LeadshareError as error:
        screen.say(str(error))
        return 1
    well = not (left(rows, Routing.UNROUTED) or any(report.findings for _, report in reports))
    if as_json:
        told = [{"name": name, "findings": json.loads(one.to_text())} for name, one in reports]
        screen.show_json({"ok": well, "coverage": rows, "reports": told})
    else:
        _tell_reports(reports)
    return 0 if well else 1


def playbook(*, as_json: AsJson = False) -> None:
    """Tell what is promised for each storefront.

    Example: leadshare playbook
    """
    if as_json:
        screen.show_json(promises.facts())
    else:
        screen.say(promises.tables())


def schema(*, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON either way
    """Print the JSON Schema of leadshare.toml, for editors to complete it by.

    Example: leadshare schema > leadshare.schema.json
    """
    from leadshare.app.configuration import configuration_model  # noqa: PLC0415 - slow to load

    screen.say(json.dumps(configuration_model().model_json_schema(), indent=2, sort_keys=True))


def openapi(*, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is JSON either way
    """Print the OpenAPI description of `/api/manage`.

    Example: leadshare openapi > openapi.json
    """
    from leadshare.operators.description.document import document  # noqa: PLC0415 - slow to load

    screen.say(json.dumps(document(), indent=2, sort_keys=True))


def _tell_coverage(rows: Sequence[Row]) -> None:
    """Print who gets what, and what leads nowhere."""
    nowhere = left(rows, Routing.UNROUTED)
    lines = [*nowhere, *(f"warning: {line}" for line in left(rows, Routing.NOTICE_ONLY))]
    screen.say("\n".join(["", drawn(rows), "", *lines, *([MEND] if lines else [])]))


def _tell_reports(reports: Sequence[tuple[str, Report]]) -> None:
    for name, report in reports:
        for finding in report.findings:
            screen.say(f"{name}: {line(finding)}")
        if not report.findings:
            proven = ", and a canary got there and back" if report.proven else ""
            screen.say(f"{name}: well{proven}")


def line(finding: Finding) -> str:
    """Return a finding as a person reads it."""
    field = f" {finding.field}" if finding.field else ""
    value = f" = {finding.value}" if finding.value else ""
    leads = f", would have failed {finding.leads} recent leads" if finding.leads else ""
    return f"{finding.problem}{field}{value}{leads}"
