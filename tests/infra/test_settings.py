"""Settings are one list: in the code, in Bicep, in the developer's sample and on their page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import pytest

from leadshare.errors import ConfigurationError
from leadshare.intake import LARGEST
from leadshare.local.deploy import prover
from leadshare.local.serving import settings_of
from leadshare.settings import STORAGE, read_settings
from tests.infra.deployment import (
    ALL_OF_INTAKE,
    BINDINGS,
    EVERYTHING,
    INTAKE,
    MODULES,
    ROOT,
    of_kind,
)

AZURE = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "host and exporter send telemetry signed in",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "the exporter takes no settings from Microsoft",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "nor tells of its process",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "nor of itself",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "nor of itself to Microsoft",
    "AzureWebJobsStorage__blobServiceUri": "where the host keeps its keys and leases",
    "AzureWebJobsStorage__clientId": "who the host signs in as",
    "AzureWebJobsStorage__credential": "how the host signs in",
    "AzureWebJobsStorage__queueServiceUri": "the host asks for all three addresses",
    "AzureWebJobsStorage__tableServiceUri": "where the host keeps its own diagnostics",
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "the largest body that the host takes in",
    "OTEL_SDK_DISABLED": "whether metrics and traces are made at all",
}
"""Settings that host or exporter alone read, in Azure."""

LOCAL = {
    "AzureWebJobsStorage": "where the host keeps its keys and leases, in the emulator",
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "as in Azure",
    "FUNCTIONS_WORKER_RUNTIME": "Core Tools ask; in Azure the app's runtime says it",
}
"""Settings that the host alone reads, on a developer's machine."""

NOT_IN_AZURE = {
    STORAGE: "a connection string holds a key, and storage in Azure takes none",
    "AZURE_FUNCTIONS_ENVIRONMENT": "only Development means anything",
    "LEADSHARE_PRIVACY_KEY": "nobody sees persons unless `vaultSettings` names it",
}

NOT_IN_SAMPLE = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "a developer has none",
    "LEADSHARE_PRIVACY_KEY": "a developer sees persons in the inbox",
    "LEADSHARE_PROOF_KEY": "a developer's app has no public URL",
    "LEADSHARE_PROOF_URL": "a developer's app has no public URL",
    f"{STORAGE}__clientId": "the emulator knows no identities",
    f"{STORAGE}__credential": "the emulator knows no identities",
    f"{STORAGE}__queueServiceUri": "the connection string has it",
    f"{STORAGE}__tableServiceUri": "the connection string has it",
    "AZURE_FUNCTIONS_ENVIRONMENT": "Core Tools set it",
}

SIZE = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
PARAMETERS = EVERYTHING | {"vaultSettings": {"OUR_CRM_SECRET": "our-crm-secret"}}
CONNECTION = ("queueServiceUri", "credential", "clientId")
"""What the host reads of a connection that its identity signs in to."""


def in_code() -> set[str]:
    """Return the settings that our code reads, itself or by what it tells the host."""
    return {*_read(), *_bound()}


def _read() -> Iterator[str]:
    for path in (ROOT / "leadshare").rglob("*.py"):
        if {"local", "listings"} & {*path.parts}:
            continue  # a developer's, and the command line's: neither is deployed
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (name := _setting(node)) is not None:
                yield eval(ast.unparse(name), {"STORAGE": STORAGE})  # noqa: S307 - our own source


def _setting(call: ast.Call) -> ast.expr | None:
    """Return what names the setting, where *call* reads one from the environment."""
    words = ast.unparse(call.func)
    given = [ast.unparse(one) for one in call.args]
    if words in {"environment.get", "os.environ.get", "os.getenv"}:
        name = call.args[0]
    elif words in {"_get", "_seconds"} and given[0] == "environment":
        name = call.args[1]
    else:
        return None
    # The name that a function hands on is somebody else's, named in the configuration.
    return name if not isinstance(name, ast.Name) or name.id == "STORAGE" else None


def _bound() -> Iterator[str]:
    for binding in BINDINGS:
        yield from re.findall("%([^%]+)%", str(binding))
        if connection := binding.get("connection"):
            yield connection
            yield from (f"{connection}__{part}" for part in CONNECTION)


def in_page() -> set[str]:
    """Return the settings that the table of the page on configuration names."""
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    rows = page.partition("| app setting |")[2].partition("\n\n")[0].split("\n")[2:]
    names: set[str] = set()
    for row in rows:
        first, *more = re.findall(r"`([A-Za-z_]+)`", row)
        if first.isupper():
            names |= {first, *(w for w in more if w.startswith(f"{first}__"))}
            names |= {f"{first}{word}" for word in more if word.startswith("__")}
    return names


def in_bicep(**given: object) -> dict[str, str]:
    """Return the settings that the deployment gives the app."""
    (config,) = of_kind("Microsoft.Web/sites/config", **PARAMETERS | given)
    return dict(config["properties"])


def in_sample() -> dict[str, str]:
    """Return the settings of the developer's sample."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))
    return dict(sample["Values"])


class TestNames:
    def test_code(self):
        """The code reads the settings that were looked for, so that nothing below is about
        nothing.
        """
        assert {STORAGE, "LEADSHARE_IDENTITY_KEY", "TICK_SCHEDULE", "LANE_LEASE"} <= in_code()

    def test_page(self):
        """The page on configuration names exactly the settings that the code reads."""
        assert in_code() == in_page()

    def test_bicep(self):
        """Bicep sets exactly those, the host's and the secrets of destinations."""
        secrets = {"OUR_CRM_SECRET", "MARKETPLACE_TABLE_CONNECTION"}

        assert in_code() - NOT_IN_AZURE.keys() | AZURE.keys() | secrets == in_bicep().keys()

    def test_sample(self):
        """The developer's sample sets exactly those, and the host's."""
        assert in_code() - NOT_IN_SAMPLE.keys() | LOCAL.keys() == in_sample().keys()

    def test_reasons(self):
        """No setting is left out that nothing reads any more."""
        assert NOT_IN_AZURE.keys() | NOT_IN_SAMPLE.keys() <= in_code()

    def test_intake(self):
        """The intake app has what its host reads: its storage, one queue, and where telemetry
        goes.
        """
        (config,) = of_kind("Microsoft.Web/sites/config", INTAKE, **ALL_OF_INTAKE)
        host = {name for name in AZURE if name.startswith("AzureWebJobsStorage__")}
        bound = {f"{STORAGE}__{part}" for part in CONNECTION}
        insights = {f"APPLICATIONINSIGHTS_{n}_STRING" for n in ("AUTHENTICATION", "CONNECTION")}

        assert host | bound | insights | {SIZE} == config["properties"].keys()
        assert not [v for v in config["properties"].values() if "Microsoft.KeyVault" in v]


class TestValues:
    def test_defaults(self):
        """Bicep and the sample say what the code would do without them."""
        key = {"LEADSHARE_IDENTITY_KEY": "k" * 32, STORAGE: "UseDevelopmentStorage=true"}
        told = [
            read_settings(key | {n: values[n] for n in DEFAULTED}, ROOT)
            for values in (in_bicep(), in_sample())
        ]

        assert [read_settings(key, ROOT)] * 2 == told

    def test_sample_runs(self):
        """The sample as it is makes settings that the app can start with."""
        assert "UseDevelopmentStorage=true" == read_settings(in_sample(), ROOT).storage

    def test_sample_schedule(self):
        """Ticks come as often on a developer's machine as in Azure, unless somebody says
        otherwise.
        """
        assert in_sample()["TICK_SCHEDULE"] == in_bicep()["TICK_SCHEDULE"]

    def test_body_size(self, tmp_path):
        """No host takes in a larger body than another, nor one that its memory could not hold as
        often as requests are taken at once; each takes in all that intake and operators may send.
        """
        (intake,) = of_kind("Microsoft.Web/sites/config", INTAKE, **ALL_OF_INTAKE)
        run = settings_of(7071, tmp_path, "UseDevelopmentStorage=true", tmp_path / "a.toml")
        given = (in_bicep(), intake["properties"], in_sample(), run)
        (limit,) = {int(settings[SIZE]) for settings in given}

        for app in (
            *of_kind("Microsoft.Web/sites", **PARAMETERS),
            *of_kind("Microsoft.Web/sites", INTAKE, **ALL_OF_INTAKE),
        ):
            scale = app["properties"]["functionAppConfig"]["scaleAndConcurrency"]
            at_once = scale["triggers"]["http"]["perInstanceConcurrency"]
            # Host and worker each have it, and a copy while it goes over.
            assert 4 * limit * at_once <= scale["instanceMemoryMB"] * 2**20 / 4
        assert 8 * LARGEST <= limit

    def test_configuration(self):
        """A stage can have a configuration file of its own."""
        given = in_bicep(configurationFile="leadshare.staging.toml")

        assert "leadshare.staging.toml" == given["LEADSHARE_CONFIGURATION"]

    @pytest.mark.parametrize(("told", "expected"), [(True, "false"), (False, "true")])
    def test_export(self, told, expected):
        """OpenTelemetry's own setting turns the export of metrics and traces off, if it is not
        wanted.
        """
        assert expected == in_bicep(exportsTelemetry=told)["OTEL_SDK_DISABLED"]

    def test_identity_key(self):
        """The identity key is a secret of the vault from the first deployment on, of no version:
        until it is there the app says so, and afterwards nothing need be deployed.
        """
        reference = in_bicep()["LEADSHARE_IDENTITY_KEY"]

        assert re.fullmatch(
            r"@Microsoft\.KeyVault\(VaultName=[\w-]+;SecretName=identity-key\)", reference
        )
        with pytest.raises(ConfigurationError, match="not a Key Vault reference that failed"):
            read_settings(in_bicep(), ROOT)

    def test_proof(self):
        """The prover has intake's address, and its key by a reference of no version; it is off
        where no address is given, and while the vault has no key.
        """
        key = {"LEADSHARE_IDENTITY_KEY": "k" * 32}
        told, none = in_bicep(), in_bicep(intakeUrl="")

        assert EVERYTHING["intakeUrl"] == told["LEADSHARE_PROOF_URL"]
        assert told["LEADSHARE_PROOF_KEY"].endswith(f";SecretName={prover.SECRET})")
        assert "SecretVersion" not in told["LEADSHARE_PROOF_KEY"]
        assert "reference that failed" in read_settings(told | key, ROOT).proof_off
        assert not read_settings(told | key | {"LEADSHARE_PROOF_KEY": "a key"}, ROOT).proof_off
        assert "LEADSHARE_PROOF_KEY" not in none
        assert "LEADSHARE_PROOF_URL" in read_settings(none | key, ROOT).proof_off

    def test_secrets(self):
        """Secrets reach the app as references to the vault."""
        assert in_bicep()["OUR_CRM_SECRET"].startswith("@Microsoft.KeyVault(VaultName=")
        assert in_bicep()["OUR_CRM_SECRET"].endswith(";SecretName=our-crm-secret)")

    def test_identity(self):
        """Nothing that is set in Azure is a key: host and app sign in as the app's identity."""
        identities = {v for name, v in in_bicep().items() if name.endswith("__credential")}

        assert {"managedidentity"} == identities
        assert "listKeys" not in MODULES["app"].text


DEFAULTED = ("LEADSHARE_CONFIGURATION", "TICK_BUDGET", "LANE_LEASE")
