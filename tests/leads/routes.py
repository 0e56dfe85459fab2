"""Destinations, and routes to them on conditions."""

from __future__ import annotations

from typing import Any

from leadshare.configuration.models import Route
from leadshare.scoring.rules import Condition
from leadshare.texts import words
from tests.builders import configuration

CRM = {"name": "crm"}

HOOK = {"name": "hook", "channel": "field_seller"}

PAGE = {"name": "page", "channel": "marketplace"}

CARD = {"name": "card", "follows_up": False}

APPS = {"name": "apps", "storefronts": ["appsource"]}

OFFERS = {"name": "offers", "storefronts": ["azure_marketplace"]}

ROBOT = {"id": "Contoso.Robot", "title": "Robot", "kind": "app", "campaign": "autumn"}

SUITE = {"id": "contoso.suite", "title": "Suite", "kind": "offer"}


def asks(field: str, op: str, value: Any = None) -> Condition:
    """A condition, whether or not the file may have it."""
    if isinstance(value, list):
        value = tuple(map(words, value))
    elif isinstance(value, str):
        value = words(value)
    return Condition.model_construct(field=field, op=op, value=value)


def to(*names: str, when: Any = ()) -> Route:
    """A route to these destinations, of leads that meet some conditions."""
    return Route.model_construct(to=names, when=tuple(asks(*one) for one in when))


def configured(*destinations: dict[str, Any], route: Any = (), **changes: Any) -> Any:
    """A configuration with these destinations and routes."""
    told = configuration(*destinations, route=[], **changes)
    return told.model_copy(update={"route": tuple(route)})


SCORE = ("score", "at_least", 60)

BELOW = ("score", "at_most", 59)
