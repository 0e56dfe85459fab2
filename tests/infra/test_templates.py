"""The templates are Bicep that Azure could take, as far as that shows without Azure."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra import bicep
from tests.infra.bicep import Declaration, Template
from tests.infra.deployment import (
    APPS,
    EVERYTHING,
    INFRA,
    INTAKE,
    MAIN,
    NAMES,
    ROOT,
    TEMPLATES,
    calls,
    module_of,
    resources,
)
from tests.infra.syntax import bound, named, text_of, walk

EACH = [pytest.param(template, id=name) for name, template in TEMPLATES.items()]
EXAMPLES = {name: bicep.read(INFRA / f"{name}.bicepparam") for name in APPS}
WRITTEN = [*EACH, pytest.param(NAMES, id="names")]
WRITTEN += [pytest.param(example, id=f"{name}-example") for name, example in EXAMPLES.items()]
CALLED = [
    pytest.param(top, one, id=f"{name}-{one.name}")
    for name, (top, _) in APPS.items()
    for one in top.all("module")
]

OFF = {
    "use-recent-api-versions": "a version grows old by itself: people look, with each release",
}
"""Why a rule of the linter is off."""

SECRET = re.compile(
    r"\blist\w*\(|connectionString|instrumentationKey|password|accessKey|\.value\b|\bsecure\b",
    re.IGNORECASE,
)


class TestLanguage:
    @pytest.mark.parametrize("template", WRITTEN)
    def test_parses(self, template: Template):
        """All of it is Bicep."""
        assert [] == template.errors()

    @pytest.mark.parametrize("template", EACH)
    def test_used(self, template: Template):
        """Every parameter and variable is used."""
        names = [one.name for kind in ("parameter", "variable") for one in template.all(kind)]
        used = [text_of(n) for n in walk(template.root) if n.type == "identifier"]

        assert [] == [name for name in names if used.count(name) < 2]

    @pytest.mark.parametrize("template", EACH)
    def test_known(self, template: Template):
        """Whatever an expression names is declared, or given by Bicep."""
        known = {one.name for one in template.declarations} | bound(template.root)
        known |= template.functions.keys()

        assert set() == named(template.root) - known - bicep.BUILT_IN

    @pytest.mark.parametrize("template", EACH)
    def test_described(self, template: Template):
        """Every template, parameter and output says what it is; a parameter, whether it is
        needed.
        """
        parameters = template.all("parameter")
        silent = [one.name for one in template.all("output") if not told(one)]
        vague = [one.name for one in parameters if not told(one).startswith(NEED)]

        assert ["description"] == [one.name for one in template.all("metadata")]
        assert [] == silent + vague

    @pytest.mark.parametrize("template", EACH)
    def test_need(self, template: Template):
        """A parameter is called required where it has no default; optional or not, where it has
        one.
        """
        wrong = [
            one.name
            for one in template.all("parameter")
            if (told(one).split(".")[0] == "Required") != (one.value is None)
            and not told(one).startswith("Conditional.")
        ]

        assert [] == wrong

    def test_linter(self):
        """A rule of the linter that is broken is an error, but for those with a reason."""
        core = json.loads((INFRA / "bicepconfig.json").read_text("utf-8"))["analyzers"]["core"]
        rules = {name: rule["level"] for name, rule in core["rules"].items()}

        assert core["enabled"]
        assert dict.fromkeys(OFF, "off") == {n: x for n, x in rules.items() if x != "error"}
        assert {"no-unused-params", "outputs-should-not-contain-secrets"} <= rules.keys()
        assert {"use-user-defined-types", "what-if-short-circuiting"} <= rules.keys()

    @pytest.mark.parametrize("template", EACH)
    def test_types(self, template: Template):
        """Every parameter says what is in it, if it is an object or an array."""
        declared = [text_of(one.node) for one in template.all("parameter")]

        assert [] == [one for one in declared if re.search(r"\bparam \w+ (object|array)\b", one)]


NEED = ("Required. ", "Optional. ", "Conditional. ")


def told(one: Declaration) -> str:
    """Return the description of what is declared."""
    return str(one.decorators.get("description", ""))


class TestModules:
    @pytest.mark.parametrize(("top", "one"), CALLED)
    def test_parameters(self, top: Template, one: Declaration):
        """A module is given every parameter that it needs, and none that it has not."""
        given = given_to(top, one)
        parameters = module_of(one).all("parameter")

        assert given.keys() <= {p.name for p in parameters}
        assert {p.name for p in parameters if p.value is None} <= given.keys()

    def test_outputs(self):
        """A module puts out exactly what the deployments read from it."""
        read, given = set[tuple[str, str]](), set[tuple[str, str]]()
        for top, _ in APPS.values():
            modules = {one.name: module_of(one) for one in top.all("module")}
            found = re.findall(r"(\w+)!?\.outputs\.(\w+)", top.text)
            read |= {(modules[name].path.stem, output) for name, output in found}
            given |= {(m.path.stem, one.name) for m in modules.values() for one in m.all("output")}

        assert given
        assert given == read

    @pytest.mark.parametrize("app", APPS)
    def test_example(self, app: str):
        """The example gives every parameter that is required, and none that the deployment has
        not.
        """
        given = {one.name for one in EXAMPLES[app].all("variable")}
        parameters = APPS[app][0].all("parameter")

        assert given <= {one.name for one in parameters}
        assert {one.name for one in parameters if one.value is None} <= given

    def test_examples_agree(self):
        """What both examples give has one value, and what both deployments take one default."""
        [main, intake] = [{v.name: v.text for v in e.all("variable")} for e in EXAMPLES.values()]
        [mains, intakes] = [
            {one.name: text_of(one.value) for one in top.all("parameter") if one.value}
            for top in (MAIN, INTAKE)
        ]

        assert {n: main[n] for n in main.keys() & intake} == {
            n: intake[n] for n in main.keys() & intake
        }
        assert "pythonVersion" in mains.keys() & intakes
        assert {n: mains[n] for n in mains.keys() & intakes} == {
            n: intakes[n] for n in mains.keys() & intakes
        }

    def test_called(self):
        """Every module has its place in a deployment."""
        tops = [top for top, _ in APPS.values()]
        called = {module_of(one).path.stem for top in tops for one in top.all("module")}

        assert TEMPLATES.keys() == APPS.keys() | called

    def test_names(self):
        """Both deployments make up the same names, and use each of them."""
        names = [top.value("names", environmentName="prod") for top in (MAIN, INTAKE)]
        used = set(re.findall(r"(?<!/)\bnames\.(\w+)", MAIN.text + INTAKE.text))

        assert names[0] == names[1]
        assert names[0].keys() == used
        assert len({*names[0].values()}) == len(names[0])


def given_to(top: Template, one: Declaration) -> dict[str, Any]:
    """Return what *top* gives a module, where it makes all that it can."""
    everything = next(given for template, given in APPS.values() if template == top)
    return next(given for called, given in calls(top, **everything) if called.name == one.name)


def identifying(template: Template) -> set[str]:
    """Return the parameters that names and conditions of resources are made of."""
    variables = {one.name: named(one.value) for one in template.all("variable") if one.value}
    found: set[str] = set()
    for one in template.all("resource"):
        for part in walk(one.node):
            is_name = part.type == "object_property" and text_of(part).startswith("name:")
            if is_name and part.parent is not None and part.parent.parent == one.node:
                found |= named(part)
            elif part.type == "if_statement":
                found |= named(part.named_children[0])
    while more := set().union(*(variables.get(name, set()) for name in found)) - found:
        found |= more
    return found & {one.name for one in template.all("parameter")}


class TestWhatIf:
    @pytest.mark.parametrize(("top", "one"), CALLED)
    def test_known(self, top: Template, one: Declaration):
        """What a module's resources are named by, and made on, is known without deploying anything:
        what-if knows no output, and passes over what it cannot name.
        """
        given = given_to(top, one).items()
        late = {name for name, value in given if ".outputs." in str(value)}

        assert set() == late & identifying(module_of(one))

    def test_identifying(self):
        """What names are made of is found, through variables and conditions, and nothing else."""
        assert {"environmentName", "emails"} == identifying(TEMPLATES["alerts"])
        assert {"environmentName"} == identifying(TEMPLATES["workbook"])
        assert {"storageName", "vaultName"} < identifying(TEMPLATES["access"])

    def test_dependencies(self):
        """A module that finds a resource by its name waits for the module that makes it."""
        makers = {"storageName": "storage", "vaultName": "vault", "identityName": "identity"}
        makers |= {"applicationInsightsName": "observability", "hostStorageName": "hostStorage"}
        for top, _ in APPS.values():
            made = {one.name for one in top.all("module")}  # the others are main's
            for one in top.all("module"):
                needs = {makers.get(p.name) for p in module_of(one).all("parameter")}
                assert (needs & made) - {one.name} <= awaited(top, one.name), one.name


def awaited(top: Template, name: str) -> set[str]:
    """Return the modules that are there before the module *name*, by what it says and names."""
    modules = {one.name: named(one.node) for one in top.all("module")}
    found = modules[name] & modules.keys()
    while more := set().union(*(modules[one] & modules.keys() for one in found)) - found:
        found |= more
    return found


class TestProviders:
    def test_registered(self):
        """The page on CI registers what is made, and what a subnet is delegated to, and no more."""
        page = (ROOT / "docs" / "ci.md").read_text("utf-8")
        (told,) = re.findall(r"for name in ([\w ]+); do az provider register ", page)
        all_made = [*resources(**EVERYTHING), *resources(INTAKE, **APPS["intake"][1])]
        made = {one.kind.split("/")[0] for one in all_made}
        delegated = set(re.findall(r"serviceName: '([\w.]+)/", TEMPLATES["network"].text))

        assert made - REGISTERED | delegated == {f"Microsoft.{name}" for name in told.split()}


REGISTERED = {"Microsoft.Authorization", "Microsoft.Consumption"}
"""What Azure registers with every subscription."""


class TestOutputs:
    @pytest.mark.parametrize("template", EACH)
    def test_no_secrets(self, template: Template):
        """No output holds a secret: no key that is listed, no parameter that is secure."""
        secure = {one.name for one in template.all("parameter") if "secure" in one.decorators}
        secure |= {one.name for one in template.all("variable") if SECRET.search(one.text)}
        outputs = template.all("output")
        telling = [one.name for one in outputs if SECRET.search(one.text)]
        telling += [one.name for one in outputs if named(one.node) & secure]

        assert [] == telling

    def test_told(self):
        """Whatever the pages take from the deployments' outputs, they put out."""
        pages = [path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))]
        taken = {name for page in pages for name in re.findall(TAKEN, page)}

        assert {"functionAppName", "identityClientId", "vaultName"} == taken
        assert taken <= {one.name for top in (MAIN, INTAKE) for one in top.all("output")}


TAKEN = r"(?:=<|--(?:vault-)?name <|\boutput `?)([a-z]+[A-Z]\w+)"
"""How a page names an output: as what a variable or a name is given, or as the output."""
