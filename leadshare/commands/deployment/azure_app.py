"""Commands: find an app in Azure by its name, with a host key, as whom one is signed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx

from leadshare.client.answers.json_values import objects, part, text
from leadshare.errors import BadRequest, Unreachable
from leadshare.listings.api import Api, Veil
from leadshare.listings.keys import API_VERSION as WEB_VERSION
from leadshare.listings.office import PATIENCE
from leadshare.listings.setup import read_setup
from leadshare.listings.signin import sign_in

GRAPH_VERSION: Final = "2022-10-01"
"""Of Azure Resource Graph, which knows the apps of all subscriptions that one may see."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}")
_QUERY: Final = (
    "resources | where type =~ 'microsoft.web/sites' and name =~ '{name}'"
    " | project id, host = tostring(properties.defaultHostName)"
)


def find(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the address of the app *name* and one of its host keys.

    Raises `BadRequest` where there is no such app, or `Unreachable` and `Refused`.
    """
    if not _NAME.fullmatch(name):
        raise BadRequest("--app: expected the name of a function app, such as contoso-leads")
    arm = read_setup(environment).arm
    with httpx.Client(timeout=PATIENCE, follow_redirects=False) as client:
        signed, veil = sign_in(environment, arm, "AZURE"), Veil()
        graph = Api(arm, {"api-version": GRAPH_VERSION}, signed, client, veil)
        web = Api(arm, {"api-version": WEB_VERSION}, signed, client, veil)
        query = {"query": _QUERY.format(name=name)}
        answer = graph.ask("POST", "providers/Microsoft.ResourceGraph/resources", body=query)
        apps = objects(answer.get("data"))
        if len(apps) != 1:
            told = "no such app" if not apps else f"{len(apps)} apps of this name"
            raise BadRequest(f"--app: {told} where this sign-in may look")
        keys = web.ask("POST", f"{text(apps[0].get('id'))[1:]}/host/default/listkeys")
    found = part(keys, "functionKeys")
    key = text(found.get("default")) or next((text(one) for one in found.values()), "")
    if not key or not text(apps[0].get("host")):
        raise Unreachable(f"Azure did not tell the address of {name}, or no host key of it")
    return f"https://{apps[0]['host']}", key
