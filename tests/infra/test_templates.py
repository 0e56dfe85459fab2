"""The templates are Bicep that Azure could take, as far as that shows without Azure."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra import bicep
from tests.infra.bicep import Declaration, Template
from tests.infra.deployment import (
    EVERYTHING,
    INFRA,
    MAIN,
    ROOT,
    TEMPLATES,
    calls,
    module_of,
    resources,
)
from tests.infra.syntax import bound, named, text_of, walk

EACH = [pytest.param(template, id=name) for name, template in TEMPLATES.items()]
EXAMPLE = bicep.read(INFRA / "main.bicepparam")

WARNINGS = {
    "use-recent-api-versions": "a version grows old by itself, which must not stop a deployment",
    "use-secure-value-for-secure-inputs": "a connection string is made here, from an account's key",
}
"""Why a rule of the linter warns and no more."""

SECRET = re.compile(
    r"\blist\w*\(|connectionString|instrumentationKey|password|accessKey|\.value\b|\bsecure\b",
    re.IGNORECASE,
)


class TestLanguage:
    @pytest.mark.parametrize("template", [*EACH, pytest.param(EXAMPLE, id="example")])
    def test_parses(self, template: Template):
        """
        All of it is Bicep.
        """
        assert [] == template.errors()

    @pytest.mark.parametrize("template", EACH)
    def test_used(self, template: Template):
        """
        Every parameter and variable is used.
        """
        names = [one.name for kind in ("parameter", "variable") for one in template.all(kind)]
        used = [text_of(n) for n in walk(template.root) if n.type == "identifier"]

        assert [] == [name for name in names if used.count(name) < 2]

    @pytest.mark.parametrize("template", EACH)
    def test_known(self, template: Template):
        """
        Whatever an expression names is declared, or given by Bicep.
        """
        known = {one.name for one in template.declarations} | bound(template.root)

        assert set() == named(template.root) - known - bicep.BUILT_IN

    @pytest.mark.parametrize("template", EACH)
    def test_described(self, template: Template):
        """
        Every template, parameter and output says what it is; a parameter, whether it is needed.
        """
        parameters = template.all("parameter")
        silent = [one.name for one in template.all("output") if not told(one)]
        vague = [one.name for one in parameters if not told(one).startswith(NEED)]

        assert ["description"] == [one.name for one in template.all("metadata")]
        assert [] == silent + vague

    @pytest.mark.parametrize("template", EACH)
    def test_need(self, template: Template):
        """
        A parameter is called required where it has no default; optional or not, where it has one.
        """
        wrong = [
            one.name
            for one in template.all("parameter")
            if (told(one).split(".")[0] == "Required") != (one.value is None)
            and not told(one).startswith("Conditional.")
        ]

        assert [] == wrong

    def test_linter(self):
        """
        A rule of the linter that is broken stops a deployment, but for those with a reason.
        """
        core = json.loads((INFRA / "bicepconfig.json").read_text("utf-8"))["analyzers"]["core"]
        rules = {name: rule["level"] for name, rule in core["rules"].items()}

        assert core["enabled"]
        assert WARNINGS.keys() == {name for name, level in rules.items() if level != "error"}
        assert {"no-unused-params", "outputs-should-not-contain-secrets"} <= rules.keys()


NEED = ("Required. ", "Optional. ", "Conditional. ")


def told(one: Declaration) -> str:
    """Return the description of what is declared."""
    return str(one.decorators.get("description", ""))


class TestModules:
    @pytest.mark.parametrize("one", [pytest.param(m, id=m.name) for m in MAIN.all("module")])
    def test_parameters(self, one: Declaration):
        """
        A module is given every parameter that it needs, and none that it has not.
        """
        (given,) = (given for called, given in calls(**EVERYTHING) if called.name == one.name)
        parameters = module_of(one).all("parameter")

        assert given.keys() <= {p.name for p in parameters}
        assert {p.name for p in parameters if p.value is None} <= given.keys()

    def test_outputs(self):
        """
        A module puts out exactly what main reads from it.
        """
        modules = {one.name: module_of(one) for one in MAIN.all("module")}
        read = set(re.findall(r"(\w+)!?\.outputs\.(\w+)", MAIN.text))
        given = {(name, one.name) for name in modules for one in modules[name].all("output")}

        assert given
        assert given == read

    def test_example(self):
        """
        The example gives every parameter that is required, and none that main has not.
        """
        given = {one.name for one in EXAMPLE.all("variable")}
        parameters = MAIN.all("parameter")

        assert given <= {one.name for one in parameters}
        assert {one.name for one in parameters if one.value is None} <= given

    def test_called(self):
        """
        Every module has its place in main.
        """
        called = {"main", *(module_of(one).path.stem for one in MAIN.all("module"))}

        assert TEMPLATES.keys() == called


class TestProviders:
    def test_registered(self):
        """
        The page on CI registers what is made, and what a subnet is delegated to, and no more.
        """
        page = (ROOT / "docs" / "ci.md").read_text("utf-8")
        (told,) = re.findall(r"for name in ([\w ]+); do az provider register ", page)
        made = {one.kind.split("/")[0] for one in resources(**EVERYTHING)}
        delegated = set(re.findall(r"serviceName: '([\w.]+)/", TEMPLATES["network"].text))

        assert made - REGISTERED | delegated == {f"Microsoft.{name}" for name in told.split()}


REGISTERED = {"Microsoft.Authorization", "Microsoft.Consumption"}
"""What Azure registers with every subscription."""


class TestOutputs:
    @pytest.mark.parametrize("template", EACH)
    def test_no_secrets(self, template: Template):
        """
        No output holds a secret: no key that is listed, no parameter that is secure.
        """
        secure = {one.name for one in template.all("parameter") if "secure" in one.decorators}
        secure |= {one.name for one in template.all("variable") if SECRET.search(one.text)}
        outputs = template.all("output")
        telling = [one.name for one in outputs if SECRET.search(one.text)]
        telling += [one.name for one in outputs if named(one.node) & secure]

        assert [] == telling

    def test_told(self):
        """
        Whatever the pages take from the deployment's outputs, the deployment puts out.
        """
        pages = [path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))]
        taken = {name for page in pages for name in re.findall(TAKEN, page)}

        assert {"functionAppName", "identityClientId", "vaultName"} == taken
        assert taken <= {one.name for one in MAIN.all("output")}


TAKEN = r"(?:=<|--(?:vault-)?name <|\boutput `?)([a-z]+[A-Z]\w+)"
"""How a page names an output: as what a variable or a name is given, or as the output."""
