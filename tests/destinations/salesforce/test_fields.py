"""What a lead of Salesforce holds of ours."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import NOW, delivery, record
from tests.destinations.salesforce.builders import several


class TestFirstDelivery:
    async def test_placeholders(self, org, crm):
        """What Salesforce requires and the lead lacks gets a neutral placeholder."""
        told = record(last_name="", company="", email="")
        await crm.deliver([delivery(record=told)], NOW)

        [found] = org.found(delivery())
        assert ("(not given)", "(not given)") == (found["LastName"], found["Company"])
        assert "Email" not in found

    async def test_no_contact(self, org, crm):
        """Who must not be contacted is marked so; no other lead is marked at all."""
        ours, theirs = several(2)
        quiet = replace(theirs, record=record(lead=theirs.lead, category="no_contact"))
        await crm.deliver([ours, quiet], NOW)

        [[plain], [marked]] = [org.found(one) for one in (ours, quiet)]
        flags = ("DoNotCall", "HasOptedOutOfEmail")
        assert [True, True] == [marked[flag] for flag in flags]
        assert not set(flags) & set(plain)

    async def test_too_long(self, org, crm):
        """A phone number too long for its field is told whole in the description."""
        await crm.deliver([delivery(record=record(phone="+49" + "1" * 50))], NOW)

        [found] = org.found(delivery())
        assert "Phone" not in found
        assert found["Description"].startswith("+49" + "1" * 50)
