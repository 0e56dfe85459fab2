"""Conditions that can never be true: each is refused with what to write instead, and no other."""

from __future__ import annotations

import pytest

from leadshare.configuration.models import Route
from leadshare.playbook import PLAYBOOK, Stage, Storefront
from leadshare.scoring import possible
from leadshare.scoring.rules import Condition, Rule
from tests.scoring.conditions import asked, faults

RULE = {"name": "some", "points": 1, "why": "some"}


STAGES = ", ".join(possible.values("stage"))


class TestNever:
    @pytest.mark.parametrize(
        ("told", "place", "text"),
        [
            pytest.param(
                asked("storefront", "eq", "azuremarketplace"),
                ("value",),
                'storefront is never "azuremarketplace"; did you mean "azure_marketplace"?'
                " expected one of appsource, azure_marketplace, unknown",
                id="storefront",
            ),
            pytest.param(
                asked("audience", "eq", "consumers"),
                ("value",),
                'audience is never "consumers"; expected one of business customers, all customers',
                id="audience",
            ),
            pytest.param(
                asked("campaign_kind", "eq", "in demand generation"),
                ("value",),
                'campaign_kind is never "in demand generation"; did you mean "in-demand'
                ' generation"? expected one of nurture, in-demand generation',
                id="campaign-kind",
            ),
            pytest.param(
                asked("listing_kind", "in", ["app", "saas"]),
                ("value", 1),
                'listing_kind is never "saas"; expected one of app, consulting service, offer,'
                " technology",
                id="listing-kind",
            ),
            pytest.param(
                asked("intent", "eq", "Contact me"),
                ("value",),
                'intent is never "Contact me"; did you mean "contact_request"? expected one of'
                " other, contact_request, trial, acquisition, purchase, none",
                id="intent",
            ),
            pytest.param(
                asked("category", "eq", "internals"),
                ("value",),
                'category is never "internals"; did you mean "internal"? expected one of normal,'
                " internal, blank, no_contact, test",
                id="category",
            ),
            pytest.param(
                asked("stage", "eq", "hot"),
                ("value",),
                f'stage is never "hot"; expected one of {STAGES}',
                id="stage",
            ),
            pytest.param(
                asked("stage", "eq", "Sales Ready"),
                ("value",),
                f'stage is never "Sales Ready"; did you mean "sales_ready"? expected one of'
                f" {STAGES}",
                id="stage-in-words",
            ),
            pytest.param(
                asked("email_kind", "eq", "work"),
                ("value",),
                'email_kind is never "work"; expected one of business, free, disposable',
                id="email-kind",
            ),
            pytest.param(
                asked("country", "eq", "Germany"),
                ("value",),
                'country is never "Germany"; for Germany write "DE"',
                id="country-by-name",
            ),
            pytest.param(
                asked("country", "in", ["DE", "UK"]),
                ("value", 1),
                'country is never "UK"; for United Kingdom write "GB"',
                id="country-as-spoken",
            ),
            pytest.param(
                asked("country", "eq", "DEU"),
                ("value",),
                'country is never "DEU"; for Germany write "DE"',
                id="country-alpha-3",
            ),
            pytest.param(
                asked("country", "eq", "Switzrland"),
                ("value",),
                'country is never "Switzrland"; for Switzerland write "CH"',
                id="country-nearly",
            ),
            pytest.param(
                asked("country", "eq", "ZZ"),
                ("value",),
                'country is never "ZZ"; expected a two-letter code of ISO 3166, such as DE',
                id="no-country",
            ),
            pytest.param(
                asked("country", "contains", "eutsch"),
                ("value",),
                'country never contains "eutsch"; expected a two-letter code of ISO 3166, such as'
                " DE",
                id="country-part-of-a-name",
            ),
            pytest.param(
                asked("audience", "has_word", ["business", "busines"]),
                ("value", 1),
                'audience never has the word "busines"; did you mean "business customers"?'
                " expected one of business customers, all customers",
                id="has-word",
            ),
            pytest.param(
                asked("score", "at_least", 101),
                ("value",),
                "score is 0 to 100: at_least 101 is never true",
                id="score-above",
            ),
            pytest.param(
                asked("score", "at_most", -1),
                ("value",),
                "score is 0 to 100: at_most -1 is never true",
                id="score-below",
            ),
            pytest.param(
                asked("score", "eq", 101),
                ("value",),
                "score is 0 to 100: eq 101 is never true",
                id="score-beside",
            ),
            pytest.param(
                asked("touches", "at_most", 0),
                ("value",),
                "touches is 1 or more: at_most 0 is never true",
                id="no-touch",
            ),
            pytest.param(
                asked("listings", "eq", 0),
                ("value",),
                "listings is 1 or more: eq 0 is never true",
                id="no-listing",
            ),
            pytest.param(
                asked("company", "in", []),
                ("value",),
                "expected at least one value: in nothing is never true",
                id="in-nothing",
            ),
            pytest.param(
                asked("job_title", "has_word", []),
                ("value",),
                "expected at least one value: has_word nothing is never true",
                id="no-word",
            ),
            pytest.param(
                asked("company", "contains", " \t"),
                ("value",),
                "expected a text to look for; blanks are none",
                id="contains-blanks",
            ),
            pytest.param(
                asked("job_title", "has_word", ["CEO", " "]),
                ("value", 1),
                "expected a text to look for; blanks are none",
                id="has-blanks",
            ),
            pytest.param(
                asked("job_title", "has_word", ["CEO", "Vice President"]),
                ("value", 1),
                "expected one word, of letters and digits; for more than that there is contains",
                id="has-two-words",
            ),
            pytest.param(
                asked("category", "missing"),
                ("op",),
                "category is never missing",
                id="never-missing",
            ),
            pytest.param(
                asked("company", "eq", "x" * 1025),
                ("value",),
                "company never has more than 1,024 characters",
                id="too-long",
            ),
            pytest.param(
                asked("job_title", "contains", "x" * 1025),
                ("value",),
                "job_title never has more than 1,024 characters",
                id="contains-too-much",
            ),
            pytest.param(
                asked("company_domain", "eq", "@contoso.com"),
                ("value",),
                "expected a domain, such as contoso.com",
                id="no-domain",
            ),
            pytest.param(
                asked("company_domain", "in", ["contoso.com", "gmail.com"]),
                ("value", 1),
                "company_domain is never one of free e-mail: ask for email_kind",
                id="free-domain",
            ),
        ],
    )
    def test_refused(self, told, place, text):
        """What no lead can meet is refused, with the value that is wrong and what is expected."""
        assert [(place, text)] == faults(Condition, told)

    def test_each_value(self):
        """Each value of a list that can never be is told, not the first alone."""
        told = faults(Condition, asked("country", "in", ["Austria", "AT", "Germany"]))

        assert [("value", 0), ("value", 2)] == [place for place, _ in told]

    @pytest.mark.parametrize(
        "told",
        [
            pytest.param(asked("storefront", "ne", "azuremarketplace"), id="ne-what-never-is"),
            pytest.param(asked("score", "ne", 101), id="ne-a-score-that-never-is"),
            pytest.param(asked("score", "at_least", 0), id="always"),
            pytest.param(asked("intent", "present"), id="always-there"),
            pytest.param(asked("country", "missing"), id="country-missing"),
            pytest.param(asked("country", "eq", "XK"), id="kosovo"),
            pytest.param(asked("country", "eq", " de "), id="as-typed"),
            pytest.param(asked("email_kind", "eq", ""), id="no-email"),
            pytest.param(asked("company_domain", "eq", "Contoso.com"), id="domain"),
            pytest.param(asked("company_domain", "contains", "gmail"), id="part-of-a-domain"),
            pytest.param(asked("company", "eq", "x" * 1024), id="longest"),
            pytest.param(asked("notes", "contains", "x" * 1025), id="notes-of-all-touches"),
            pytest.param(asked("listing_kind", "missing"), id="neither-listing-nor-storefront"),
            pytest.param(asked("campaign", "eq", "from-a-link"), id="campaign-that-links-carry"),
            pytest.param(asked("listing", "eq", "contoso.unlisted"), id="no-catalogue"),
            pytest.param(asked("stage", "in", [*Stage]), id="all-stages"),
        ],
    )
    def test_can_be_true(self, told):
        """What some lead can meet is taken, whatever it is good for."""
        assert [] == faults(Route, {"when": [told], "to": ["crm"]})


class TestContradiction:
    @pytest.mark.parametrize(
        ("when", "fields"),
        [
            pytest.param(
                [asked("country", "eq", "DE"), asked("country", "eq", "AT")], "country", id="eq-eq"
            ),
            pytest.param(
                [asked("company", "eq", "a"), asked("company", "eq", "b")], "company", id="texts"
            ),
            pytest.param(
                [asked("company", "eq", "a"), asked("company", "ne", "A")], "company", id="eq-ne"
            ),
            pytest.param(
                [asked("company", "eq", "abc"), asked("company", "contains", "x")],
                "company",
                id="eq-contains",
            ),
            pytest.param(
                [asked("job_title", "in", ["a", "b"]), asked("job_title", "in", ["c"])],
                "job_title",
                id="in-in",
            ),
            pytest.param(
                [asked("phone", "present"), asked("phone", "missing")], "phone", id="there-and-not"
            ),
            pytest.param(
                [asked("phone", "missing"), asked("phone", "contains", "+49")],
                "phone",
                id="missing-contains",
            ),
            pytest.param(
                [asked("score", "at_least", 60), asked("score", "at_most", 59)],
                "score",
                id="score",
            ),
            pytest.param(
                [asked("touches", "eq", 2), asked("touches", "at_least", 3)],
                "touches",
                id="touches",
            ),
            pytest.param(
                [asked("touches", "at_most", 1), asked("touches", "ne", 1)],
                "touches",
                id="only-one-left",
            ),
            pytest.param(
                [asked("storefront", "ne", name) for name in Storefront],
                "storefront",
                id="all-refused",
            ),
            pytest.param(
                [
                    asked("storefront", "eq", "appsource"),
                    asked("audience", "eq", PLAYBOOK[Storefront.AZURE_MARKETPLACE].audience),
                ],
                "storefront and audience",
                id="storefront-and-audience",
            ),
            pytest.param(
                [asked("category", "eq", "no_contact"), asked("intent", "eq", "purchase")],
                "category and intent",
                id="category-and-intent",
            ),
        ],
    )
    def test_refused(self, when, fields):
        """Conditions that exclude each other are refused, with the fields that they are about."""
        told = faults(Route, {"when": when, "to": ["crm"]})

        assert [(("when",), f"no lead can meet all that is asked about {fields}")] == told

    @pytest.mark.parametrize(
        "when",
        [
            pytest.param(
                [asked("score", "at_least", 60), asked("score", "at_most", 60)], id="one-score"
            ),
            pytest.param(
                [asked("notes", "contains", "a"), asked("notes", "contains", "b")], id="both-in"
            ),
            pytest.param(
                [asked("job_title", "has_word", ["ceo"]), asked("job_title", "ne", "ceo")],
                id="more-than-the-word",
            ),
            pytest.param(
                [asked("touches", "at_least", 2), asked("touches", "ne", 2)], id="others-left"
            ),
            pytest.param(
                [asked("country", "in", ["DE", "AT"]), asked("country", "ne", "DE")],
                id="one-left",
            ),
            pytest.param([], id="nothing"),
        ],
    )
    def test_can_be_true(self, when):
        """Conditions that one lead can meet together are taken."""
        assert [] == faults(Route, {"when": when, "to": ["crm"]})

    def test_rule(self):
        """The conditions of a rule must not exclude each other either."""
        when = [asked("country", "eq", "DE"), asked("country", "eq", "AT")]

        told = faults(Rule, RULE | {"when": when})

        assert [(("when",), "no lead can meet all that is asked about country")] == told


class TestRules:
    @pytest.mark.parametrize(
        ("told", "text"),
        [
            pytest.param(
                asked("category", "eq", "internal"),
                'where rules score, category is never "internal"; expected one of normal',
                id="special-leads",
            ),
            pytest.param(
                asked("intent", "eq", "none"),
                'where rules score, intent is never "none"; expected one of other,'
                " contact_request, trial, acquisition, purchase",
                id="no-intent",
            ),
        ],
    )
    def test_special_leads(self, told, text):
        """Special leads score nothing, so that no rule can ask for them; a route can."""
        assert [(("when", 0, "value"), text)] == faults(Rule, RULE | {"when": [told]})
        assert [] == faults(Route, {"when": [told], "to": ["crm"]})
