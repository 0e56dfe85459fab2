"""Coverage: what nobody would ever be told of is a fault of the file."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.leads.coverage import NOBODY, faults
from tests.leads.routes import BELOW, CARD, CRM, HOOK, PAGE, SCORE, configured, to


class TestFaults:
    @pytest.mark.parametrize(
        ("destinations", "routes"),
        [
            pytest.param([CRM], [], id="crm"),
            pytest.param([CRM | {"storefronts": ["appsource"]}], [], id="crm-of-a-storefront"),
            pytest.param([PAGE], [], id="marketplace"),
            pytest.param(
                [PAGE | {"storefronts": ["appsource", "azure_marketplace"]}], [], id="both"
            ),
            pytest.param([CARD], [], id="notice"),
            pytest.param([HOOK], [to("hook")], id="field-seller-by-a-route"),
            pytest.param([HOOK], [to("hook", when=[SCORE])], id="some-of-the-leads"),
            pytest.param([], [to()], id="kept"),
            pytest.param([], [to(when=[SCORE]), to(when=[BELOW])], id="kept-bit-by-bit"),
        ],
    )
    def test_can_run(self, destinations, routes):
        """Where some destination gets leads, or none is meant to, there is no fault."""
        assert [] == faults(configured(*destinations, route=routes))

    @pytest.mark.parametrize(
        ("destinations", "routes"),
        [
            pytest.param([], [], id="nothing"),
            pytest.param([], [to(when=[SCORE])], id="some-kept"),
            pytest.param(
                [], [to(when=[("storefront", "eq", "appsource")])], id="one-storefront-kept"
            ),
            pytest.param([HOOK], [to("hook", when=[SCORE, ("score", "at_most", 50)])], id="never"),
            pytest.param(
                [HOOK], [to("hook", when=[("category", "eq", "test")])], id="special-only"
            ),
        ],
    )
    def test_nobody(self, destinations, routes):
        """Where no destination can get any lead, it is told what is expected."""
        [(place, text)] = faults(configured(*destinations, route=routes))

        assert ((), NOBODY) == (place, text)

    def test_reminded(self):
        """A notice that only the clock names hears of nothing else, and that is meant."""
        clock = {"zone": "UTC", "remind_to": ["bell"]}
        bell = {"name": "bell", "channel": "field_seller", "follows_up": False}

        assert 1 == len(faults(configured(CRM, bell)))
        assert [] == faults(configured(CRM, bell, clock=clock))

    @pytest.mark.parametrize("routes", [[], [to()], [to("crm")]])
    def test_field_seller(self, routes):
        """A field seller without a route gets nothing: the route to write is told."""
        [(place, text)] = faults(configured(CRM, HOOK, route=routes))

        assert ("destination", 1) == place
        assert (
            'channel field_seller brings "hook" none of the leads without a route;'
            ' expected a [[route]] with to = ["hook"]'
        ) == text

    @pytest.mark.parametrize(
        ("destination", "storefront"),
        [
            pytest.param(HOOK, "appsource", id="field-seller"),
            pytest.param(HOOK, "azure_marketplace", id="field-seller-of-the-marketplace"),
            pytest.param(PAGE, "appsource", id="marketplace"),
        ],
    )
    def test_storefronts(self, destination, storefront):
        """Storefronts that a channel never brings cannot be asked for."""
        odd = destination | {"storefronts": [storefront]}
        [(place, text)] = faults(configured(CRM, odd, route=[to(odd["name"])]))

        assert ("destination", 1, "storefronts") == place
        assert text.startswith(f'channel {odd["channel"]} brings "{odd["name"]}" none of their')

    def test_all(self):
        """All that is wrong is told."""
        other: dict[str, Any] = HOOK | {"name": "other", "storefronts": ["appsource"]}

        assert [("destination", 0), ("destination", 1, "storefronts")] == [
            place for place, _ in faults(configured(HOOK, other))
        ]
