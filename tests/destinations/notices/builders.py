"""Settings of notices by e-mail."""

from __future__ import annotations

from typing import Any

from leadshare.destinations.notices.email_settings import EmailSettings
from tests.destinations.simulators.email import HOST

TOLD = {
    "name": "desk",
    "type": "email",
    "sender": "leads@contoso.example",
    "to": ["sales@contoso.example"],
    "via": {"kind": "acs", "endpoint": f"https://{HOST}"},
}


def settings(**changes: Any) -> EmailSettings:
    """Settings of a message to the sales desk."""
    return EmailSettings.model_validate({**TOLD, **changes})
