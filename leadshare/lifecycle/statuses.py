"""Lifecycle: what a system's own statuses and stages mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from leadshare.lifecycle.outcome import State


def state_of(
    status: str, told: Mapping[str, State | str], defaults: Mapping[str, State]
) -> State | None:
    """Return what *status* means: as it was *told*, else by *defaults*; None if it says nothing.

    Names are compared without regard to case and to what stands round them.
    """
    name = status.strip().casefold()
    for table in (told, defaults):
        meant = {key.strip().casefold(): state for key, state in table.items()}
        if name in meant:
            return State(meant[name]) if meant[name] in {*State} else None
    return None


def names(table: Iterable[str], status: str) -> bool:
    """Say whether *status* is a name in *table*, as `state_of` compares."""
    name = status.strip().casefold()
    return any(name == key.strip().casefold() for key in table)
