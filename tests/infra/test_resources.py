"""What the deployment makes: enough for the app, named as Azure wants it, and safe."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from leadshare.azure import queues
from leadshare.azure.table import LEADS, REFERRALS, STATE
from leadshare.local.deploy import release, target
from tests.infra.deployment import (
    ALL_OF_INTAKE,
    APPS,
    BINDINGS,
    BINDINGS_OF_INTAKE,
    EVERYTHING,
    INTAKE,
    TEMPLATES,
    of_kind,
    resources,
)
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
    # No limits of Azure's were found for this kind: these are ours.
    "Microsoft.Insights/webtests": r"[A-Za-z0-9-]{3,50}",
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
        """Every resource has an API version, and no preview of one, but for those with a reason."""
        declared = [one for template in TEMPLATES.values() for one in template.all("resource")]
        kinds = [text_of(one.node.named_children[1]).strip("'") for one in declared]
        # A nested resource has its parent's.
        versions = [kind.split("@") for kind in kinds if "/" in kind]

        assert all(date.fromisoformat(version[:10]) for _, version in versions)
        # What is made in one file and found in another is of one version.
        assert len({kind for kind, _ in versions}) == len({*map(tuple, versions)})
        assert PREVIEWS.keys() == {kind for kind, version in versions if len(version) > 10}

    @pytest.mark.parametrize(
        "name", [pytest.param("ab", id="short"), pytest.param("x" * 12, id="long")]
    )
    def test_names(self, name):
        """Names are within Azure's limits, however long the deployment's is."""
        made = [
            one
            for top, given in APPS.values()
            for one in resources(top, **given | {"environmentName": name})
        ]
        wrong = [
            f"{one.kind} {one.body['name']}"
            for one in made
            if not re.fullmatch(LIMITS[one.kind], one.body["name"])
        ]

        assert LIMITS.keys() == {one.kind for one in made}
        assert [] == wrong

    def test_queues(self):
        """The queues that functions read and write, those of what they are given up on, and those
        that health and tick look at, are there from the start; each poison queue but that of
        nudges, which are worth nothing by then, is emptied by the tick.
        """
        used = {one["queueName"] for one in BINDINGS if "queue" in one["type"]}
        taken = {one["queueName"] for one in BINDINGS if one["type"] == "queueTrigger"}
        # The host makes up the name of the queue that it moves messages to.
        poisoned = {f"{name}-poison" for name in taken}
        made = {one["name"] for one in of_kind(f"{STORAGE}/queueServices/queues", **EVERYTHING)}

        kept = (queues.TOUCHES, queues.REFERRALS, queues.OUTCOMES)
        emptied = {f"{name}-poison" for name in kept}

        assert {*kept, queues.LANES} == taken
        assert made == used | poisoned
        assert poisoned - emptied == made - set(queues.NAMES) == {f"{queues.LANES}-poison"}
        assert set(queues.NAMES) <= made

    def test_tables(self):
        """The tables that the app keeps are there from the start."""
        made = {one["name"] for one in of_kind(f"{STORAGE}/tableServices/tables", **EVERYTHING)}

        assert {LEADS, STATE, REFERRALS} == made

    @pytest.mark.parametrize(
        ("option", "kinds"),
        [
            pytest.param("isLocked", {"Microsoft.Authorization/locks"}, id="locks"),
            pytest.param("monthlyBudget", {"Microsoft.Consumption/budgets"}, id="budget"),
            pytest.param("testsFromOutside", {"Microsoft.Insights/webtests"}, id="outside"),
            pytest.param("intakeUrl", set(), id="proofs"),
            pytest.param("marketplaceTable", {"Microsoft.KeyVault/vaults/secrets"}, id="table"),
            pytest.param("networkRange", {k for k in LIMITS if "Network/" in k}, id="network"),
            pytest.param("logsStorageChanges", set(), id="logs"),
        ],
    )
    def test_options(self, option, kinds):
        """What is optional is made only where it is asked for."""
        without = {one.kind for one in resources(environmentName="prod")}
        given = {name: EVERYTHING[name] for name in ("environmentName", "intakeUrl", option)}

        assert kinds == {one.kind for one in resources(**given)} - without

    @pytest.mark.parametrize(("told", "expected"), [(False, 0), (True, 3)])
    def test_changes(self, told, expected):
        """Writes and deletions in the storage of leads are logged only where that is asked for."""
        made = of_kind(
            "Microsoft.Insights/diagnosticSettings", environmentName="prod", logsStorageChanges=told
        )
        changes = [one for one in made if one["name"] == "changes"]

        assert expected == len(changes)
        for one in changes:
            logged = {log["category"] for log in one["properties"]["logs"]}
            assert {"StorageWrite", "StorageDelete"} == logged

    def test_table_account(self):
        """The account that Microsoft writes into is made only where listings have Azure Table."""
        given: dict[str, Any] = {"environmentName": "prod", "marketplaceTable": True}

        assert MICROSOFTS not in {one["name"] for one in of_kind(STORAGE, environmentName="prod")}
        assert MICROSOFTS in {one["name"] for one in of_kind(STORAGE, **given)}


class TestSafety:
    def test_storage(self):
        """Storage takes no keys and shows no blobs; only where Microsoft writes leads is there a
        key.
        """
        made = [one for top, given in APPS.values() for one in of_kind(STORAGE, top, **given)]
        accounts = {one["name"]: one["properties"] for one in made}

        assert [MICROSOFTS] == [n for n, one in accounts.items() if one["allowSharedKeyAccess"]]
        assert not any(one["allowBlobPublicAccess"] for one in accounts.values())
        assert {"TLS1_2"} == {one["minimumTlsVersion"] for one in accounts.values()}
        assert all(one["supportsHttpsTrafficOnly"] for one in accounts.values())

    def test_soft_delete(self):
        """Deleted blobs and containers can be had back."""
        for top, _ in APPS.values():
            (service,) = of_kind(f"{STORAGE}/blobServices", top, environmentName="prod")
            kept = service["properties"]

            assert kept["deleteRetentionPolicy"]["enabled"]
            assert kept["containerDeleteRetentionPolicy"]["enabled"]

    def test_vault(self):
        """The vault goes by roles, and nobody can purge it."""
        (vault,) = of_kind("Microsoft.KeyVault/vaults", environmentName="prod")

        assert vault["properties"]["enableRbacAuthorization"]
        assert vault["properties"]["enablePurgeProtection"]

    def test_telemetry(self):
        """Application Insights takes nothing from those who are not signed in."""
        (insights,) = of_kind("Microsoft.Insights/components", environmentName="prod")

        assert insights["properties"]["DisableLocalAuth"]

    def test_private(self):
        """With a network, storage and vault are reached through private endpoints alone."""
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
        """Whatever holds what cannot be made again can be locked."""
        locks = of_kind("Microsoft.Authorization/locks", **EVERYTHING)

        assert ["<storage>", "<storage>", "<vault>", "<storage>"] == [o["scope"] for o in locks]
        assert 1 == len(of_kind("Microsoft.Authorization/locks", INTAKE, **ALL_OF_INTAKE))


EACH = pytest.mark.parametrize("app", APPS)


def site(app, **given):
    """Return the site that an app's deployment makes, with what is *given*."""
    (made,) = of_kind("Microsoft.Web/sites", APPS[app][0], environmentName="prod", **given)
    return made


@EACH
class TestApp:
    def test_plan(self, app):
        """Each app runs on Flex Consumption, on a plan of its own; not spread over zones by
        itself.
        """
        (plan,) = of_kind("Microsoft.Web/serverfarms", APPS[app][0], environmentName="prod")

        assert {"name": "FC1", "tier": "FlexConsumption"} == plan["sku"]
        assert plan["properties"]["zoneRedundant"] is False

    def test_tag(self, app):
        """The app, and nothing else, has the tag that a release finds it by."""
        top, given = APPS[app]
        made = resources(top, **given | {"tags": {"owner": "us"}})
        tags = [(one.kind, one.body["tags"]) for one in made if "tags" in one.body]
        services = {"main": target.MAIN, "intake": target.INTAKE}

        assert {"us"} == {told["owner"] for _, told in tags}
        assert [(release.TYPE, {"owner": "us", release.TAG: services[app]})] == [
            (kind, told) for kind, told in tags if release.TAG in told
        ]

    def test_scale(self, app):
        """Instances are small, and how many there can be and what one takes at once is said."""
        assert {
            "alwaysReady": [],
            "instanceMemoryMB": 512,
            "maximumInstanceCount": 40,
            "triggers": {"http": {"perInstanceConcurrency": 16}},
        } == site(app)["properties"]["functionAppConfig"]["scaleAndConcurrency"]

    def test_updates(self, app):
        """An update replaces instances one after the other, unless all at once is asked for."""
        told = [
            one["properties"]["functionAppConfig"]["siteUpdateStrategy"]
            for one in (site(app), site(app, siteUpdateStrategy="Recreate"))
        ]

        assert [{"type": "RollingUpdate"}, {"type": "Recreate"}] == told

    def test_https(self, app):
        """The app answers https alone, and takes no publishing passwords."""
        kind = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
        made = of_kind(kind, APPS[app][0], environmentName="prod")
        passwords = {one["name"]: one["properties"] for one in made}

        assert site(app)["properties"]["httpsOnly"]
        assert {"ftp": {"allow": False}, "scm": {"allow": False}} == passwords


class TestWarm:
    @pytest.mark.parametrize(
        ("app", "names"),
        [
            pytest.param("main", ["function:classify_touch", "function:work_lane"], id="main"),
            pytest.param("intake", ["http"], id="intake"),
        ],
    )
    def test_instances(self, app, names):
        """What stands between a POST and its CRM can be kept warm: intake, and what follows it."""
        made = site(app, alwaysReadyInstances=2)
        told = made["properties"]["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]

        assert [{"name": name, "instanceCount": 2} for name in names] == told

    def test_zones(self):
        """Intake can be spread over zones."""
        given = {"environmentName": "prod", "zoneRedundant": True}
        (plan,) = of_kind("Microsoft.Web/serverfarms", INTAKE, **given)

        assert plan["properties"]["zoneRedundant"] is True


NAMED_ALONE = {
    *("Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Network/privateEndpoints"),
    *(STORAGE, "Microsoft.Web/serverfarms", "Microsoft.Web/sites"),
}
"""Kinds that both deployments make; what is below these goes by their names."""


class TestApart:
    def test_nothing_shared(self):
        """Neither deployment makes what the other makes: what runs one leaves the other's alone."""
        kinds, names = [], []
        for top, given in APPS.values():
            made = resources(top, **given)
            kinds.append({one.kind for one in made if one.kind.count("/") == 1} - ON_OTHERS)
            names.append({one.body["name"] for one in made if one.kind in NAMED_ALONE})

        assert NAMED_ALONE == kinds[0] & kinds[1]
        assert set() == names[0] & names[1]

    def test_accounts(self):
        """Leads lie in an account of their own, without a blob; each host has another for its
        blobs.
        """
        with_blobs = [n for n, one in TEMPLATES.items() if f"{STORAGE}/blobServices" in one.text]
        queues = [n for n, one in TEMPLATES.items() if f"{STORAGE}/queueServices@" in one.text]
        made = [one for top, given in APPS.values() for one in of_kind(STORAGE, top, **given)]

        assert (["host-storage"], ["storage"]) == (with_blobs, queues)
        assert 3 == len({one["name"] for one in made} - {MICROSOFTS})

    def test_queue(self):
        """The queue that intake writes to is one that the main deployment makes."""
        made = {one["name"] for one in of_kind(f"{STORAGE}/queueServices/queues", **EVERYTHING)}
        used = {one["queueName"] for one in BINDINGS_OF_INTAKE if one["type"] == "queue"}

        assert {"touches"} == used
        assert used < made

    def test_network(self):
        """In a network, intake goes out by the main app's subnet, and to its host's blobs
        privately.
        """
        (endpoint,) = of_kind("Microsoft.Network/privateEndpoints", INTAKE, **ALL_OF_INTAKE)
        (account,) = of_kind(STORAGE, INTAKE, **ALL_OF_INTAKE)
        [connection] = endpoint["properties"]["privateLinkServiceConnections"]
        subnets = [
            one["properties"]["virtualNetworkSubnetId"]
            for one in (site("intake"), site("intake", isPrivate=True))
        ]

        assert ["blob"] == connection["properties"]["groupIds"]
        assert "Disabled" == account["properties"]["publicNetworkAccess"]
        assert [None, "<network!.outputs.appSubnetId>"] == subnets


ON_OTHERS = {
    *("Microsoft.Authorization/locks", "Microsoft.Authorization/roleAssignments"),
    "Microsoft.Insights/diagnosticSettings",
}
"""What is part of what it is on."""
