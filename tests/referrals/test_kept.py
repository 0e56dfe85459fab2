"""Referrals that are kept: listed page by page."""

from __future__ import annotations

import pytest

from leadshare.errors import BadRequest
from tests.referrals.builders import REFERRALS, referral
from tests.referrals.bureau import Bureau


@pytest.fixture(name="bureau")
def _bureau() -> Bureau:
    return Bureau()


class TestList:
    async def test_pages(self, bureau):
        """Pages follow each other through all referrals, each there once."""
        keys = [f"{number:08d}" for number in range(5)]
        for key in keys:
            await bureau.tell(referral(**REFERRALS["co-sell-shared"][0]), key)
        told, after = [], ""
        while True:
            page = await bureau.referral_store.page({}, 2, after)
            told += [one["referral"] for one in page["referrals"]]
            after = page.get("next", "")
            if not after:
                break

        assert keys == told

    async def test_where(self, bureau):
        """They can be asked for by kind and status."""
        await bureau.tell(referral(**REFERRALS["co-sell-shared"][0]), "a")
        await bureau.tell(referral(**REFERRALS["seller-qualified"][0]), "b")
        await bureau.tell(referral(**REFERRALS["seller-qualified"][0], status="Closed"), "c")

        page = await bureau.referral_store.page({"kind": "qualified_lead", "status": "New"}, 10, "")

        assert ["b"] == [one["referral"] for one in page["referrals"]]
        assert "next" not in page

    @pytest.mark.parametrize("token", ["!", "x", "YQ", "4pyT", "fg=="])
    async def test_token(self, bureau, token):
        """A token that no page gave is named."""
        with pytest.raises(BadRequest):
            await bureau.referral_store.page({}, 10, token)
