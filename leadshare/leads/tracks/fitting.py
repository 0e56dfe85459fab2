"""Leads: what the tracks of a configuration ask of destinations that these cannot do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from leadshare.configuration.tracks import Track
from leadshare.errors import Place
from leadshare.lifecycle.step import Verb
from leadshare.quoting import shown


def unable(
    tracks: Collection[Track], verbs: Mapping[str, Collection[Verb]]
) -> Iterator[tuple[Place, str]]:
    """Tell of steps that their destination cannot do, by the *verbs* of each."""
    for index, track in enumerate(tracks):
        for number, step in enumerate(track.step):
            can = verbs.get(step.at, ())
            if step.at and step.do not in can:
                able = ", ".join(sorted(can)) or "nothing of a track"
                text = f"{shown(step.at)} cannot {step.do}; it can do: {able}"
                yield ("track", index, "step", number, "do"), text
