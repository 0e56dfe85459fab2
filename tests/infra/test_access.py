"""Each app is granted what it needs, and no more."""

from __future__ import annotations

import re

import pytest

from tests.infra.deployment import APPS, BINDINGS, BINDINGS_OF_INTAKE, MODULES, ROOT, of_kind

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

PUT = "messages/add"
TAKE = {"queues/read", "messages/read", "messages/process"}
PUT_BACK = "messages/write"
WRITE = {"entities/add", "entities/update", "entities/write", "entities/delete"}

# Azure's built-in roles for what is used here: each with its id and what it allows. What Azure
# calls `.../entities/add/action` is entities/add here; whoever may write a message may add one.
ROLES = {
    "Storage Blob Data Reader": ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", {"blobs/read"}),
    "Storage Blob Data Contributor": (
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        {"blobs/read", "blobs/write"},
    ),
    "Storage Blob Data Owner": (
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        {"blobs/read", "blobs/write", "blobs/own"},
    ),
    "Storage Queue Data Reader": (
        "19e7f393-937e-4f77-808e-94535e297925",
        {"queues/read", "messages/read"},
    ),
    "Storage Queue Data Message Processor": (
        "8a0f0c08-91a1-4084-bc3d-661d67233fed",
        {"messages/read", "messages/process"},
    ),
    "Storage Queue Data Message Sender": ("c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", {PUT}),
    "Storage Queue Data Contributor": (
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        {*TAKE, PUT, PUT_BACK, "messages/delete", "queues/write", "queues/delete"},
    ),
    "Storage Table Data Reader": (
        "76199698-9eea-4c19-bc75-cec21354c6b6",
        {"tables/read", "entities/read"},
    ),
    "Storage Table Data Contributor": (
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        {"tables/read", "tables/write", "tables/delete", "entities/read", *WRITE},
    ),
    "Key Vault Secrets User": ("4633458b-17de-408a-b874-0445c86b69e6", {"secrets/get"}),
    "Key Vault Secrets Officer": (
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        {"secrets/get", "secrets/set", "secrets/delete"},
    ),
    "Monitoring Metrics Publisher": (
        "3913510d-42f4-4e42-8a64-420c390055eb",
        {"telemetry/write"},
    ),
}

# What a binding has the host do. A message whose function fails is put back by updating it
# (MicrosoftDocs/azure-docs#120932), and moved to the poison queue in the end.
WORK = {
    "queueTrigger": {*TAKE, PUT_BACK, PUT},
    "queue": {PUT},
    "timerTrigger": set(),
    "httpTrigger": set(),
    "http": set(),
}

# What the clients of our own code are asked.
CALLS = {
    "get_queue_properties": {"queues/read"},
    "peek_messages": {"messages/read"},
    "create_table_if_not_exists": {"tables/write"},
    "get_entity": {"entities/read"},
    "query_entities": {"entities/read"},
    "submit_transaction": WRITE,
}

# The host keeps keys and leases of timers in its own storage, and its documents ask for this role.
HOST = {"blobs/read", "blobs/write", "blobs/own"}

PLACES = {
    "the leads' storage": "<storage>",
    "the queue `touches`": "<storage::queueService::touches>",
    "its host's storage": "<hostStorage>",
    "the vault": "<vault>",
    "Application Insights": "<applicationInsights>",
}
"""What the page on security calls the scopes."""


def deployed() -> list[str]:
    """Return the source of all that runs in Azure, as the main app."""
    paths = [ROOT / "function_app.py", *(ROOT / "leadshare").rglob("*.py")]
    return [path.read_text("utf-8") for path in paths if "local" not in path.parts]


def needed(app: str) -> dict[str, set[str]]:
    """Return what an app has to be allowed in each scope, from what it does."""
    top, given = APPS[app]
    storage: set[str] = set()
    for binding in BINDINGS if app == "main" else BINDINGS_OF_INTAKE:
        storage |= WORK[binding["type"]]
    for source in deployed() if app == "main" else ():  # the intake app has no client of its own
        called = re.findall(r"\.(\w+)\(", source)
        storage |= set().union(*(CALLS.get(name, set()) for name in called))
    (settings,) = of_kind("Microsoft.Web/sites/config", top, **given)
    values = list(settings["properties"].values())
    return {
        "<storage>" if app == "main" else "<storage::queueService::touches>": storage,
        "<hostStorage>": HOST,
        "<vault>": {"secrets/get" for one in values if one.startswith("@Microsoft.KeyVault(")},
        "<applicationInsights>": {
            "telemetry/write" for one in values if one.endswith("Authorization=AAD")
        },
    }


def granted(app: str) -> dict[str, set[str]]:
    """Return the names of the roles that are granted to an app in each scope."""
    top, given = APPS[app]
    names = {identifier: name for name, (identifier, _) in ROLES.items()}
    grants: dict[str, set[str]] = {}
    for one in of_kind(ASSIGNMENT, top, **given):
        identifier = one["properties"]["roleDefinitionId"].rpartition("/")[2]
        grants.setdefault(one["scope"], set()).add(names[identifier])
    return grants


def told(app: str) -> dict[str, set[str]]:
    """Return the names of an app's roles that the page on security tells for each scope."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = page.partition("\n| app | role | on | for |\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:4]] for row in table.split("\n")[1:]]
    roles: dict[str, set[str]] = {}
    for of, role, place in rows:
        if of == app and place != "there":  # at a destination's own, which is not ours to grant
            roles.setdefault(PLACES[place], set()).add(role)
    return roles


def allowed(roles: set[str]) -> set[str]:
    """Return all that *roles* allow."""
    return set().union(*(ROLES[role][1] for role in roles))


PLACE = {"main": "access", "intake": "intake-access"}
"""The one module in which each app is granted anything."""

EACH = pytest.mark.parametrize("app", APPS)


class TestRoles:
    @EACH
    def test_identifiers(self, app):
        """Each role goes by the id that Azure gave it."""
        told = MODULES[PLACE[app]].value("roles")

        assert {name: ROLES[name][0] for name in told} == told

    @EACH
    def test_one_place(self, app):
        """All roles of an app are granted in one file, to its own identity."""
        granting = {name for name, one in MODULES.items() if ASSIGNMENT in one.text}
        top, given = APPS[app]
        grants = of_kind(ASSIGNMENT, top, **given)

        assert granting == {*PLACE.values()}
        assert {"<identity.outputs.principalId>"} == {
            one["properties"]["principalId"] for one in grants
        }
        assert len(grants) == len(MODULES[PLACE[app]].value("grants"))

    def test_no_vault(self):
        """The intake app may do three things: queue touches, run, and tell of it."""
        assert {
            "<storage::queueService::touches>": {"Storage Queue Data Message Sender"},
            "<hostStorage>": {"Storage Blob Data Owner"},
            "<applicationInsights>": {"Monitoring Metrics Publisher"},
        } == granted("intake")


@EACH
class TestGrants:
    def test_enough(self, app):
        """Everything that the app does, it is allowed."""
        grants = granted(app)
        wanted = needed(app).items()
        lacking = {scope: what - allowed(grants.get(scope, set())) for scope, what in wanted}

        assert {scope: set() for scope in lacking} == lacking

    def test_told(self, app):
        """The page on security tells exactly the roles that are granted, and where."""
        assert granted(app) == told(app)

    def test_scopes(self, app):
        """Nothing is granted where nothing is needed."""
        assert {scope for scope, what in needed(app).items() if what} == granted(app).keys()

    def test_no_more(self, app):
        """Without any one role, or with lesser ones in its place, the app would lack something."""
        for scope, roles in granted(app).items():
            wanted = needed(app)[scope]
            for role in roles:
                rest = roles - {role}
                lesser = {name for name, (_, what) in ROLES.items() if what < ROLES[role][1]}

                assert wanted - allowed(rest), role
                assert wanted - allowed(rest | lesser), role
