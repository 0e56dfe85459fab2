"""Core: which destinations a lead goes to: the playbook's channels, then the configured routes."""

from __future__ import annotations

from typing import Any

from leadshare.core.configuration import Configuration
from leadshare.core.lead import Lead, facts_of
from leadshare.core.normal import words
from leadshare.core.playbook import PLAYBOOK
from leadshare.core.rules import holds


def route(lead: Lead, score: int, stage: str, configuration: Configuration[Any]) -> list[str]:
    """Return the names of the destinations for *lead*, each once."""
    channels = PLAYBOOK[lead.storefront].channels
    chosen = [d.name for d in configuration.destination if d.channel in channels]
    facts = facts_of(lead) | {"score": score, "stage": words(stage)}
    for extra in configuration.route:
        if all(holds(condition, facts) for condition in extra.when):
            chosen += extra.to
    return list(dict.fromkeys(chosen))
