"""The playbook: every row of what the product promises for each storefront."""

from __future__ import annotations

import pytest

from leadshare.lifecycle.outcome import State
from leadshare.playbook import (
    ACTIONS,
    PLAYBOOK,
    SOURCES,
    Action,
    Category,
    Intent,
    Play,
    Stage,
    Storefront,
    tables,
)
from leadshare.texts import words

APPSOURCE, AZURE = Storefront.APPSOURCE, Storefront.AZURE_MARKETPLACE
UNKNOWN = Storefront.UNKNOWN
CRM, KINDS = "crm, field_seller", "offer, technology | marketplace, field_seller"

PLAYS = [
    Play(
        APPSOURCE,
        "AppSource",
        "business customers",
        "nurture",
        ("app", "consulting service"),
        ("crm", "field_seller"),
    ),
    Play(
        AZURE,
        "Azure Marketplace",
        "all customers",
        "in-demand generation",
        ("offer", "technology"),
        ("marketplace", "field_seller"),
    ),
    Play(
        UNKNOWN,
        "unknown",
        "all customers",
        "in-demand generation",
        (),
        ("crm", "marketplace", "field_seller"),
    ),
]


class TestPlays:
    @pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.storefront)
    def test_row(self, play):
        """Each storefront has its audience, campaign, listings and follow-up channels."""
        assert play == PLAYBOOK[play.storefront]

    def test_all(self):
        """Every storefront has a row, and no row is there beside them."""
        assert [play.storefront for play in PLAYS] == list(PLAYBOOK) == list(Storefront)

    def test_kinds_are_apart(self):
        """A kind of listing tells its storefront."""
        kinds = [kind for play in PLAYBOOK.values() for kind in play.listing_kinds]

        assert sorted(set(kinds)) == sorted(kinds)


class TestActions:
    @pytest.mark.parametrize(
        ("code", "intent", "storefront"),
        [
            pytest.param("Create", Intent.PURCHASE, AZURE, id="create"),
            pytest.param("INS", Intent.ACQUISITION, None, id="ins"),
            pytest.param("StartTestDrive", Intent.TRIAL, None, id="test-drive"),
            pytest.param("PLT", Intent.CONTACT_REQUEST, APPSOURCE, id="contact-me"),
            pytest.param("DNC", Intent.NONE, APPSOURCE, id="do-not-contact"),
        ],
    )
    def test_row(self, code, intent, storefront):
        """Each documented code has its intent and, where only one storefront sends it, that."""
        action = ACTIONS[code.lower()]

        assert Action(code, action.meaning, intent, storefront, action.consent) == action
        assert "" not in (action.meaning, action.consent)

    def test_all(self):
        """No other code is documented."""
        assert {"create", "ins", "starttestdrive", "plt", "dnc"} == set(ACTIONS)


class TestIntent:
    def test_strength(self):
        """Intents rank from none to a purchase."""
        assert [
            *("none", "other", "contact_request", "trial", "acquisition", "purchase"),
        ] == sorted(Intent, key=lambda intent: intent.strength)
        assert 0 == Intent.NONE.strength


class TestLane:
    def test_best_first(self):
        """Categories rank from the normal one to tests."""
        assert ["normal", "internal", "blank", "no_contact", "test"] == list(Category)


class TestStage:
    def test_all(self):
        """A normal lead stands where its score or its sources put it, a special one keeps its
        category; there is no other stage.
        """
        special = [category for category in Category if category is not Category.NORMAL]
        told = [state for state in State if state is not State.GONE]

        assert {"new", "nurturing", "sales_ready", *told, *special} == {*Stage}

    @pytest.mark.parametrize("stage", Stage)
    def test_compares(self, stage):
        """A stage is its own form for comparison, so that a condition can ask for it as it is
        told.
        """
        assert words(stage) == stage


class TestSources:
    @pytest.mark.parametrize(
        ("token", "storefront"),
        [
            pytest.param("azuremarketplace", AZURE, id="azure-marketplace"),
            pytest.param("azure marketplace", AZURE, id="azure-marketplace-in-words"),
            pytest.param("azureportal", AZURE, id="azure-portal"),
            pytest.param("azure portal", AZURE, id="azure-portal-in-words"),
            pytest.param("appsource", APPSOURCE, id="appsource"),
            pytest.param("appsource (spza)", APPSOURCE, id="newer-wording"),
            pytest.param("spza", APPSOURCE, id="old-token"),
            pytest.param("testdrive", None, id="either"),
        ],
    )
    def test_row(self, token, storefront):
        """Each token that a LeadSource may begin with means a storefront, or either."""
        assert storefront is SOURCES[token]


class TestTables:
    def test_shown_from_the_data(self):
        """The tables that CLI and docs show have a line for each row, with all its parts."""
        told = tables()

        for line in (
            "| storefront | audience | campaign kind | listings | follow-up |",
            f"| AppSource | business customers | nurture | app, consulting service | {CRM} |",
            f"| Azure Marketplace | all customers | in-demand generation | {KINDS} |",
            "| action code | the customer | intent |",
            *(f"| `{a.code}` | {a.meaning} | {a.intent} |" for a in ACTIONS.values()),
        ):
            assert line in told.splitlines()

    def test_form(self):
        """They are two Markdown tables, each with a rule under its head."""
        plays, actions = tables().split("\n\n")

        assert "| --- | --- | --- | --- | --- |" == plays.splitlines()[1]
        assert "| --- | --- | --- |" == actions.splitlines()[1]
        assert 2 + len(PLAYBOOK) == len(plays.splitlines())
        assert 2 + len(ACTIONS) == len(actions.splitlines())
