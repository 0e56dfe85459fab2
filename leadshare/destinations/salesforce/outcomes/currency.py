"""Destinations: in which currency a Salesforce org of one currency counts.

No resource of the REST API tells it; `getUserInfo` of the SOAP API does (api guide,
sforce-api-calls-getuserinfo-getuserinforesult).
"""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

import httpx

from leadshare.client.tokens.bearer import Token
from leadshare.destinations.salesforce.calls import VERSION

PATH: Final = f"/services/Soap/u/{VERSION}"

_HEADERS: Final = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
_BODY: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="urn:partner.soap.sforce.com">'
    "<e:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader></e:Header>"
    "<e:Body><getUserInfo/></e:Body></e:Envelope>"
)
_TOLD: Final = re.compile(r"<(?:\w+:)?orgDefaultCurrencyIsoCode>([A-Z]{3})</")


async def only_currency(client: httpx.AsyncClient, token: Token) -> str:
    """Return the ISO 4217 code of the org's one currency.

    It is "" where the org has several, or does not let us ask: amounts have no currency then.
    """
    body = _BODY.format(session=escape(token.text))
    response = await client.post(f"{token.base}{PATH}", content=body, headers=_HEADERS)
    found = _TOLD.search(response.text) if response.is_success else None
    return found[1] if found else ""
