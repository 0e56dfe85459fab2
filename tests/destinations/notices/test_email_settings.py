"""What the configuration can say of notices by e-mail."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadshare.destinations.notices.email_settings import AcsSettings
from tests.destinations.notices.builders import settings
from tests.destinations.simulators.email import HOST


class TestSettings:
    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://contoso.communication.azure.com", f"https://{HOST}/"),
            "https://contoso-1.unitedstates.communication.azure.com",
        ],
    )
    def test_endpoint(self, endpoint):
        """An endpoint is taken as the portal shows it."""
        made = settings(via={"kind": "acs", "endpoint": endpoint})

        assert isinstance(made.via, AcsSettings)

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("http://contoso.communication.azure.com", "https://communication.azure.com"),
            *("https://contoso.communication.azure.com.evil.example", "https://evil.example"),
            *(
                "https://contoso.communication.azure.com/x",
                "https://a@contoso.communication.azure.com",
            ),
            *(
                "https://contoso.communication.azure.com\n",
                "https://evil.example/.communication.azure.com",
            ),
        ],
    )
    def test_other_endpoint(self, endpoint):
        """No other address gets the identity's token."""
        with pytest.raises(ValidationError, match="endpoint"):
            settings(via={"kind": "acs", "endpoint": endpoint})

    @pytest.mark.parametrize(
        "address",
        [
            *("", "sales", "@x.example", "a@b", "a@x..example", "a@-x.example", "a@x.example\n"),
            *("a@x.example,b@x.example", "A <a@x.example>", "a b@x.example", "a@x.example\r\nX: y"),
            *('"a"@x.example', "-a@x.example", "ä@x.example", "a@[127.0.0.1]", "a>@x.example"),
            "a" * 64 + "@x.example",
        ],
    )
    @pytest.mark.parametrize("field", ["sender", "to"])
    def test_other_addresses(self, field, address):
        """What is no plain address is refused when the configuration loads."""
        with pytest.raises(ValidationError, match=field):
            settings(**{field: address if field == "sender" else [address]})

    @pytest.mark.parametrize("to", [[], ["a@x.example"] * 51])
    def test_recipients(self, to):
        """There are one to fifty recipients."""
        with pytest.raises(ValidationError, match="to"):
            settings(to=to)

    @pytest.mark.parametrize(
        "via",
        [
            {},
            {"kind": "post"},
            {"kind": "acs"},
            {"kind": "smtp"},
            {"kind": "smtp", "host": "mail.example", "endpoint": f"https://{HOST}"},
            {"kind": "acs", "endpoint": f"https://{HOST}", "host": "mail.example"},
        ],
    )
    def test_one_way(self, via):
        """There is one way, told with all that belongs to it and nothing else."""
        with pytest.raises(ValidationError, match="via"):
            settings(via=via)
