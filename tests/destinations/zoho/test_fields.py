"""What a record of Zoho holds of a lead."""

from __future__ import annotations

from tests.builders import NOW, delivery, record


class TestRequests:
    async def test_no_contact(self, account, zoho):
        """Who must not be contacted is marked so, and nobody is marked otherwise."""
        await zoho.deliver([delivery(record=record(category="no_contact"))], NOW)

        [stored] = account.records.values()
        assert stored["Email_Opt_Out"] is True

    async def test_placeholders(self, account, zoho):
        """What Zoho asks for and the customer did not tell is filled neutrally."""
        await zoho.deliver([delivery(record=record(last_name="", company=""))], NOW)

        [stored] = account.records.values()
        assert "(not given)" == stored["Last_Name"] == stored["Company"]
