"""What is published must be what the code says."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from leadshare import playbook
from leadshare.app.configuration import configuration_model
from leadshare.commands.main import main
from leadshare.configuration.file import read_configuration
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.crm import Crm
from leadshare.destinations.hubspot.leads_object import LEAD_FIELDS as OF_LEADS_OBJECT
from leadshare.destinations.settings import CrmSettings, LookUpSettings
from leadshare.destinations.writing.mapping import LEAD_FIELDS, TRANSFORMS
from leadshare.leads.coverage import coverage
from leadshare.leads.coverage_table import drawn
from leadshare.leads.routing import Routing
from leadshare.local.samples import SAMPLES

ROOT = Path(__file__).parents[2]
SECRETS = {
    "OUR_DYNAMICS_CLIENT_SECRET": "any",
    "SELLER_DESK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SALES_CHANNEL_URL": "http://127.0.0.1:7072/channels/sales-channel",
}
PAGES = ROOT / "docs" / "destinations"
TYPES: dict[str, tuple[Any, Any]] = {
    get_args(settings.model_fields["type"].annotation)[0]: (settings, destination)
    for settings, destination in DESTINATIONS.items()
}
CRMS = {name: pair for name, pair in TYPES.items() if issubclass(pair[1], Crm)}
EXAMPLES = {
    f"{page.stem}-{number}": example
    for page in sorted((ROOT / "docs").glob("**/*.md"))
    for number, example in enumerate(
        re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
    if example.startswith("[[destination]]\n")
}


def section(text, heading):
    """Return what is under a heading of the second level."""
    [found] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return found


def rows(text):
    """Return the cells of all tables' rows, without their headings."""
    bodies = re.findall(r"^\|[ :|-]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    lines = [line for body in bodies for line in body.splitlines()]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(text):
    """Return the names in the first columns of all tables."""
    return {name for row in rows(text) for name in re.findall("`([^`]+)`", row[0])}


def told(rate):
    """Return a rate as the index tells it."""
    if rate is None:
        return "none"
    daily = f", {rate.daily:,} a day" if rate.daily else ""
    zone = f" ({rate.resets})" if rate.daily and rate.resets != "UTC" else ""
    return f"{rate.calls:,} in {rate.seconds:,g} s{daily}{zone}"


def secrets_of(text):
    """Return an environment that has every variable which a configuration may name."""
    names = re.findall(r'"([A-Z][A-Z0-9_]+)"', text)
    workflow = "https://contoso.logic.azure.com/workflows/1"
    return dict.fromkeys(names, SECRETS["SELLER_DESK_SECRET"]) | {"TEAMS_URL": workflow}


class TestPublished:
    def test_schema(self, capsys):
        """The JSON Schema in docs is the one that the models give."""
        published = (ROOT / "docs" / "leadshare.schema.json").read_text(encoding="utf-8")

        assert 0 == main(["schema"])
        assert json.loads(capsys.readouterr().out) == json.loads(published)

    def test_openapi(self, capsys):
        """The OpenAPI description in docs is the one that is made from the models."""
        published = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")

        assert 0 == main(["openapi"])
        assert json.loads(capsys.readouterr().out) == json.loads(published)

    def test_playbook(self):
        """The page on the playbook shows its tables as the code has them."""
        page = (ROOT / "docs" / "playbook.md").read_text(encoding="utf-8")

        for table in playbook.tables().split("\n\n"):
            assert table in page

    def test_who_gets_what(self):
        """The page on configuration shows who gets what by the sample."""
        page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
        sample = read_configuration(ROOT / "leadshare.sample.toml", configuration_model(), SECRETS)

        assert f"```text\n{drawn(coverage(sample))}\n```\n" in page

    def test_samples(self):
        """The README tells how many samples `make run` posts."""
        readme = (ROOT / "README.md").read_text(encoding="utf-8")

        assert f"of the {len(SAMPLES)} samples," in readme

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("leadshare.sample.toml", id="sample"),
            pytest.param("leadshare/local/leadshare.toml", id="local"),
        ],
    )
    def test_configurations(self, path):
        """The configurations that come with the project can run, and lead everything somewhere."""
        read = read_configuration(ROOT / path, configuration_model(), SECRETS)

        assert {Routing.ROUTED} == {row["routing"] for row in coverage(read)}

    def test_settings(self):
        """The page on configuration names every setting that the code reads."""
        page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
        code = (ROOT / "leadshare" / "settings.py").read_text(encoding="utf-8")
        named = {name for name in code.split('"') if name.isupper() and "_" in name}

        assert {"LEADSHARE_STORAGE", "LANE_LEASE"} <= named
        assert [] == [name for name in named if f"`{name}`" not in page]

    def test_routes(self):
        """The page on requests names every one that the app answers."""
        page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
        places = (
            *(ROOT / "function_app.py", ROOT / "leadshare/intake/functions.py"),
            *(ROOT / "leadshare/app/triggers").glob("*.py"),
        )
        code = "".join(place.read_text(encoding="utf-8") for place in places)
        routes = re.findall(r'\.route\(\s*route="([^"]+)", methods=\["([A-Z]+)"\]', code)

        assert code.count(".route(") == len(routes) > 0
        assert [] == [r for r, verb in routes if f"`{verb} /api/{r}`" not in page]

    def test_sample_has_all(self, tmp_path):
        """The sample has a block for every kind of destination, and each of them can run."""
        sample = (ROOT / "leadshare.sample.toml").read_text(encoding="utf-8")
        blocks = re.findall(r"^# \[\[destination\]\]\n(?:# .*\n)*", sample, re.MULTILINE)
        path = tmp_path / "leadshare.toml"
        path.write_text("\n".join([sample, *(re.sub("(?m)^# ", "", block) for block in blocks)]))

        read = read_configuration(path, configuration_model(), secrets_of(sample))

        assert set(TYPES) == {one.model_dump()["type"] for one in read.destination}


class TestIndex:
    def test_all(self):
        """The index of the documents leads to every page, once."""
        docs = ROOT / "docs"
        links = re.findall(r"\]\(([^):#]+)\)", (docs / "README.md").read_text("utf-8"))
        files = [path.relative_to(docs).as_posix() for path in docs.rglob("*.*")]
        # Pages lead to pictures themselves.
        files = [name for name in files if not name.startswith("pictures/")]
        shown = {"README.md", "inbox.png"}  # the index itself, and what the README shows

        inside = sorted(link for link in links if not link.startswith("../"))
        assert sorted({*files} - shown) == inside

    def test_licence(self):
        """One licence is named wherever there is one, and holds for the year."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        [holder] = project["authors"]

        assert ("MIT", ["LICENSE"]) == (project["license"], project["license-files"])
        text = (ROOT / "LICENSE").read_text("utf-8")
        assert text.startswith(f"MIT License\n\nCopyright (c) 2026 {holder['name']}\n")


class TestOperate:
    def test_routing(self):
        """The on-call page tells what may become of leads that nobody follows up."""
        page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")

        assert {routing.value for routing in Routing} == named(section(page, "Who gets what"))


class TestDestinations:
    @pytest.mark.parametrize("name", TYPES)
    def test_page(self, name):
        """Every kind of destination has a page that shows how it is configured."""
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")

        assert f'type = "{name}"' in page

    def test_index(self):
        """The index links the pages of all kinds of destinations, and no others."""
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        links = {row[0] for row in rows(index) if "](" in row[0]}

        assert {f"[`{name}`]({name}.md)" for name in TYPES} == links

    @pytest.mark.parametrize("name", TYPES)
    def test_facts(self, name):
        """The index tells channel, batch size, rate, and what can be read back or taken away."""
        settings, destination = TYPES[name]
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        [row] = [row for row in rows(index) if row[0].startswith(f"[`{name}`]")]
        _, channel, _, batch, rate, reads_back, canary = row

        assert f"`{settings.model_fields['channel'].default}`" == channel
        assert str(destination.batch_size) == batch
        assert told(destination.RATE) == rate
        assert issubclass(settings, LookUpSettings) is reads_back.startswith("yes")
        assert ("yes" if destination.erases else "no") == canary

    @pytest.mark.parametrize("name", TYPES)
    def test_beside(self, name):
        """It tells whose campaigns leads join, which steps are done, and how persons are erased."""
        settings, destination = TYPES[name]
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        found = [row for row in rows(index) if row[0] == f"`{name}`" and len(row) == 4]
        can = destination.verbs or settings.has_campaigns

        assert bool(can) is bool(found)
        for _, campaigns, steps, erasing in found:
            assert settings.has_campaigns is (campaigns == "yes")
            assert {*destination.verbs} == {*re.findall(r"`(\w+)`", steps)}
            if issubclass(settings, CrmSettings):
                assert {*destination.erasures} == {*re.findall(r"`(\w+)`", erasing)}

    def test_notices(self):
        """The index names those that tell of a lead and do not follow it up."""
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        [names] = re.findall(r"Notices \((.+?)\) tell of a lead", index)

        notices = {name for name, (settings, _) in TYPES.items() if not settings.follows_up}
        assert set(re.findall("`(.+?)`", names)) == notices

    def test_settings(self):
        """The index tells of every setting that all destinations share, or all CRMs."""
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        shared = set.intersection(*(set(settings.model_fields) for settings, _ in CRMS.values()))

        assert shared - {"type"} == named(section(index, "What all can be told"))

    @pytest.mark.parametrize("name", CRMS)
    def test_mapping(self, name):
        """A CRM's page names every field that is mapped by default, and beside the keys no
        other.
        """
        settings, destination = CRMS[name]
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
        mapped = set(destination.FIELDS) | set(OF_LEADS_OBJECT if name == "hubspot" else ())
        keys = {f.default for key, f in settings.model_fields.items() if key.endswith("key")}

        found = named(section(page, "Mapping"))

        assert set() == mapped - found
        assert set() == found - mapped - keys

    def test_lead_fields(self):
        """The page on mapping names all lead fields and transforms, and no others."""
        page = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")

        assert set(LEAD_FIELDS) == named(section(page, "Lead fields"))
        assert set(TRANSFORMS) == named(section(page, "Transforms"))

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_examples(self, name, tmp_path):
        """Every example of a destination in docs can run."""
        path = tmp_path / "leadshare.toml"
        path.write_text(EXAMPLES[name], encoding="utf-8")

        read = read_configuration(path, configuration_model(), secrets_of(EXAMPLES[name]))

        assert read.destination


class TestCommandLine:
    def test_check(self, tmp_path, capsys):
        """A file that cannot run is told by the key that is wrong, with exit code 1."""
        path = tmp_path / "leadshare.toml"
        path.write_text('[[route]]\nto = ["nowhere"]\n')

        code = main(["check", str(path)])

        assert 1 == code
        assert 'line 2: route 1: to: item 1: no destination "nowhere"' in capsys.readouterr().out

    def test_playbook(self, capsys):
        """The playbook can be asked for."""
        assert 0 == main(["playbook"])
        assert "AppSource" in capsys.readouterr().out
