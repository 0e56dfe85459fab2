"""Core: which destinations a lead goes to: the playbook's channels, then the configured routes."""

from __future__ import annotations

from typing import Any

from leadshare.core.configuration import Configuration
from leadshare.core.normal import words
from leadshare.core.playbook import PLAYBOOK, Storefront
from leadshare.core.rules import Facts, holds


def route(facts: Facts, score: int, stage: str, configuration: Configuration[Any]) -> list[str]:
    """Return the names of the destinations for a lead with these *facts*, each once."""
    channels = PLAYBOOK[Storefront(str(facts["storefront"]))].channels
    chosen = [d.name for d in configuration.destination if d.channel in channels]
    asked = {**facts, "score": score, "stage": words(stage)}
    for extra in configuration.route:
        if all(holds(condition, asked) for condition in extra.when):
            chosen += extra.to
    return list(dict.fromkeys(chosen))
