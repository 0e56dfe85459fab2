"""What the deployment makes: enough for the app, named as Azure wants it, and safe."""

from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest

from leadshare import queues, wiring
from tests.infra.deployment import BINDINGS, EVERYTHING, ROOT, TEMPLATES, of_kind, resources
from tests.infra.syntax import text_of

PREVIEWS = {
    "Microsoft.Insights/diagnosticSettings": "has never left preview, and every service uses it",
}
"""Why a resource has a version that is still a preview."""

# As Azure says for each kind, with the name made of a deployment's name and 13 letters and digits.
LETTERED = r"[A-Za-z0-9][A-Za-z0-9-_.]{0,%d}[A-Za-z0-9_]"
LIMITS = {
    "Microsoft.Authorization/locks": r".{1,90}",
    "Microsoft.Authorization/roleAssignments": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.Consumption/budgets": r"[A-Za-z0-9_-]{1,63}",
    "Microsoft.EventGrid/systemTopics": r"[A-Za-z0-9-]{3,50}",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": r"[A-Za-z0-9-]{3,64}",
    "Microsoft.Insights/actionGroups": r"[^:<>+/&%\\?|]{1,259}[^:<>+/&%\\?|. ]",
    "Microsoft.Insights/components": r"[^%&\\?/]{1,259}[^%&\\?/. ]",
    "Microsoft.Insights/diagnosticSettings": r"[^<>*%&:\\?+/]{1,260}",
    "Microsoft.Insights/metricAlerts": r"[^*#&+:<>?@%{}\\/|]{1,259}[^*#&+:<>?@%{}\\/|. ]",
    "Microsoft.Insights/scheduledQueryRules": r"[^*<>%{}&:\\?/#|]{1,259}[^*<>%{}&:\\?/#|. ]",
    "Microsoft.Insights/workbooks": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Microsoft.KeyVault/vaults": r"[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "Microsoft.KeyVault/vaults/secrets": r"[A-Za-z0-9-]{1,127}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][A-Za-z0-9-_]{2,127}",
    "Microsoft.Network/privateDnsZones": r"([a-z0-9-]{1,63}\.){1,33}[a-z0-9-]{1,63}",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": LETTERED % 78,
    "Microsoft.Network/privateEndpoints": LETTERED % 78,
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": LETTERED % 78,
    "Microsoft.Network/virtualNetworks": LETTERED % 62,
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": "default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"(?!.*--)[a-z0-9][a-z0-9-]{2,62}",
    "Microsoft.Storage/storageAccounts/queueServices": "default",
    "Microsoft.Storage/storageAccounts/queueServices/queues": r"(?!.*--)[a-z0-9][a-z0-9-]{2,62}",
    "Microsoft.Storage/storageAccounts/tableServices": "default",
    "Microsoft.Storage/storageAccounts/tableServices/tables": r"[A-Za-z][A-Za-z0-9]{2,62}",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "ftp|scm",
    "Microsoft.Web/sites/config": "appsettings",
}


STORAGE = "Microsoft.Storage/storageAccounts"
MICROSOFTS = "stmpabcdefghijk23"
"""The account that Microsoft writes into."""


class TestResources:
    def test_versions(self):
        """
        Every resource has an API version, and no preview of one, but for those with a reason.
        """
        declared = [one for template in TEMPLATES.values() for one in template.all("resource")]
        kinds = [text_of(one.node.named_children[1]).strip("'") for one in declared]
        # A nested resource has its parent's.
        versions = [kind.split("@") for kind in kinds if "/" in kind]

        assert all(date.fromisoformat(version[:10]) for _, version in versions)
        assert PREVIEWS.keys() == {kind for kind, version in versions if len(version) > 10}

    @pytest.mark.parametrize(
        "name", [pytest.param("ab", id="short"), pytest.param("x" * 12, id="long")]
    )
    def test_names(self, name):
        """
        Names are within Azure's limits, however long the deployment's is.
        """
        made = resources(**EVERYTHING | {"environmentName": name})
        wrong = [
            f"{one.kind} {one.body['name']}"
            for one in made
            if not re.fullmatch(LIMITS[one.kind], one.body["name"])
        ]

        assert LIMITS.keys() == {one.kind for one in made}
        assert [] == wrong

    def test_queues(self):
        """
        The queues that functions read and write, and health looks at, are there from the start.
        """
        used = {one["queueName"] for one in BINDINGS if "queue" in one["type"]}
        taken = {one["queueName"] for one in BINDINGS if one["type"] == "queueTrigger"}
        # The host makes up the name of the queue that it moves messages to.
        poisoned = {f"{name}-poison" for name in taken if not name.endswith("-poison")}
        made = {one["name"] for one in of_kind(f"{STORAGE}/queueServices/queues", **EVERYTHING)}

        assert made == used | poisoned
        assert made == set(queues.NAMES)

    def test_tables(self):
        """
        The tables that the app keeps are there from the start.
        """
        made = {one["name"] for one in of_kind(f"{STORAGE}/tableServices/tables", **EVERYTHING)}

        assert {wiring.LEADS, wiring.LANES, wiring.REFERRALS} == made

    @pytest.mark.parametrize(
        ("option", "kinds"),
        [
            pytest.param("isLocked", {"Microsoft.Authorization/locks"}, id="locks"),
            pytest.param("monthlyBudget", {"Microsoft.Consumption/budgets"}, id="budget"),
            pytest.param("marketplaceTable", {"Microsoft.KeyVault/vaults/secrets"}, id="table"),
            pytest.param("networkRange", {k for k in LIMITS if "Network/" in k}, id="network"),
            pytest.param("identityKeyVersion", set(), id="identity-key"),
        ],
    )
    def test_options(self, option, kinds):
        """
        What is optional is made only where it is asked for.
        """
        without = {one.kind for one in resources(environmentName="prod")}
        given = {name: EVERYTHING[name] for name in ("environmentName", option)}

        assert kinds == {one.kind for one in resources(**given)} - without

    def test_table_account(self):
        """
        The account that Microsoft writes into is made only where listings have Azure Table.
        """
        given = {"environmentName": "prod", "marketplaceTable": True}

        assert MICROSOFTS not in {one["name"] for one in of_kind(STORAGE, environmentName="prod")}
        assert MICROSOFTS in {one["name"] for one in of_kind(STORAGE, **given)}


class TestSafety:
    def test_storage(self):
        """
        Storage takes no keys and shows no blobs; only where Microsoft writes leads is there a key.
        """
        accounts = {one["name"]: one["properties"] for one in of_kind(STORAGE, **EVERYTHING)}

        assert [MICROSOFTS] == [n for n, one in accounts.items() if one["allowSharedKeyAccess"]]
        assert not any(one["allowBlobPublicAccess"] for one in accounts.values())
        assert {"TLS1_2"} == {one["minimumTlsVersion"] for one in accounts.values()}
        assert all(one["supportsHttpsTrafficOnly"] for one in accounts.values())

    def test_soft_delete(self):
        """
        Deleted blobs and containers can be had back.
        """
        (service,) = of_kind(f"{STORAGE}/blobServices", environmentName="prod")
        kept = service["properties"]

        assert kept["deleteRetentionPolicy"]["enabled"]
        assert kept["containerDeleteRetentionPolicy"]["enabled"]

    def test_vault(self):
        """
        The vault goes by roles, and nobody can purge it.
        """
        (vault,) = of_kind("Microsoft.KeyVault/vaults", environmentName="prod")

        assert vault["properties"]["enableRbacAuthorization"]
        assert vault["properties"]["enablePurgeProtection"]

    def test_telemetry(self):
        """
        Application Insights takes nothing from those who are not signed in.
        """
        (insights,) = of_kind("Microsoft.Insights/components", environmentName="prod")

        assert insights["properties"]["DisableLocalAuth"]

    def test_private(self):
        """
        With a network, storage and vault are reached through private endpoints alone.
        """
        shut = {"publicNetworkAccess": "Disabled", "defaultAction": "Deny"}
        stores = [
            *(one for one in of_kind(STORAGE, **EVERYTHING) if one["name"] != MICROSOFTS),
            *of_kind("Microsoft.KeyVault/vaults", **EVERYTHING),
        ]
        endpoints = of_kind("Microsoft.Network/privateEndpoints", **EVERYTHING)
        groups = [
            group
            for one in endpoints
            for connection in one["properties"]["privateLinkServiceConnections"]
            for group in connection["properties"]["groupIds"]
        ]

        for one in stores:
            told = one["properties"]
            assert shut == {
                "publicNetworkAccess": told["publicNetworkAccess"],
                "defaultAction": told["networkAcls"]["defaultAction"],
            }
        assert ["blob", "queue", "table", "vault"] == groups

    def test_locks(self):
        """
        Whatever holds what cannot be made again can be locked.
        """
        locks = of_kind("Microsoft.Authorization/locks", **EVERYTHING)

        assert ["<storage>", "<vault>", "<storage>"] == [one["scope"] for one in locks]


class TestApp:
    def test_plan(self):
        """
        The app runs on Flex Consumption, with the Python that the checks are made for.
        """
        (plan,) = of_kind("Microsoft.Web/serverfarms", environmentName="prod")
        (app,) = of_kind("Microsoft.Web/sites", environmentName="prod")
        runtime = app["properties"]["functionAppConfig"]["runtime"]
        checked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]

        assert {"name": "FC1", "tier": "FlexConsumption"} == plan["sku"]
        assert {"name": "python", "version": checked["python_version"]} == runtime

    def test_scale(self):
        """
        Instances are small, and how many there can be and what one takes at once is said.
        """
        (app,) = of_kind("Microsoft.Web/sites", environmentName="prod")
        scale = app["properties"]["functionAppConfig"]["scaleAndConcurrency"]

        assert {
            "instanceMemoryMB": 512,
            "maximumInstanceCount": 40,
            "triggers": {"http": {"perInstanceConcurrency": 16}},
        } == scale

    def test_https(self):
        """
        The app answers https alone, and takes no publishing passwords.
        """
        (app,) = of_kind("Microsoft.Web/sites", environmentName="prod")
        kind = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
        passwords = {one["name"]: one["properties"] for one in of_kind(kind, environmentName="x1")}

        assert app["properties"]["httpsOnly"]
        assert {"ftp": {"allow": False}, "scm": {"allow": False}} == passwords
