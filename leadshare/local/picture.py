"""Local: draw each lead's way from the POST to the follow-up systems, for a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from leadshare.local.samples import Sample

_MARKS: Final = {"delivered": "green", "due": "yellow", "parked": "red", "suppressed": "dim"}


@dataclass(slots=True)
class Way:
    """What is known of one sample so far."""

    sample: Sample
    touch: str = ""
    taken: str = ""
    story: dict[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether it has come to the end that it must come to."""
        if self.sample.end == "quarantined":
            return self.taken == "quarantined"
        states = {delivery["state"] for delivery in self.story.get("deliveries", [])}
        return states == {self.sample.end}


def table_of(ways: list[Way], *, whole: bool = False) -> Table:
    """Draw each sample's way: taken, class, score with its reasons, deliveries."""
    table = Table(title="Each lead's way", title_justify="left", show_lines=whole, expand=True)
    for name, ratio in (
        ("touch", 4),
        ("class", 4),
        ("campaign", 3),
        ("score", 4),
        ("follow-up", 4),
    ):
        table.add_column(name, ratio=ratio, no_wrap=not whole)
    for way in ways:
        cells = [_said(way), *_told(way)]
        table.add_row(*cells if whole else [_in_one_line(cell) for cell in cells])
    return table


def _said(way: Way) -> Text:
    text = Text(way.sample.name)
    return text.append(f"\n202 {way.taken} {way.touch[:8]}", style="dim")


def _told(way: Way) -> list[Text]:
    """Say what became of a sample."""
    lead = way.story.get("lead")
    if lead is None:
        return [Text("quarantine" if way.taken == "quarantined" else "...")]
    return [_class(lead), _campaign(lead), _score(lead), _follow_up(way.story)]


def _in_one_line(text: Text) -> Text:
    return Text(" ").join(text.split("\n"))


def _class(lead: dict[str, Any]) -> Text:
    text = Text(f"{lead['storefront']}, {lead['intent']}".replace("_", " "))
    return text.append(f"\n{lead['listing_title'] or lead['listing']}", style="dim")


def _campaign(lead: dict[str, Any]) -> Text:
    return Text(str(lead["campaign_kind"]))


def _score(lead: dict[str, Any]) -> Text:
    text = Text(f"{lead['score']} {lead['stage']}".replace("_", " "), style="bold")
    reasons = [f"{line['points']:+d} {line['why']}" for line in lead["receipt"]["lines"]]
    return text.append(f"\n{', '.join(reasons)}", style="not bold dim")


def _follow_up(story: dict[str, Any]) -> Text:
    text = Text()
    for delivery in story["deliveries"]:
        state = delivery["state"]
        told = f" ({delivery['reason']})" if delivery["reason"] else f" v{delivery['sent']}"
        told += ", landed" if delivery.get("landed") else ""
        line = f"{delivery['destination']}: {state}{told}"
        text.append(f"\n{line}" if text else line, style=_MARKS[state])
    return text or Text("no destination on its route", style="dim")


def table_of_others(leads: list[dict[str, Any]], ways: list[Way]) -> Table:
    """Draw the leads that are not the samples': whatever is posted by hand."""
    own = {way.story["lead"]["lead"] for way in ways if way.story}
    table = Table(title="Yours", title_justify="left", expand=True)
    for name in ("lead", "listing", "stage", "score", "touches", "last seen"):
        table.add_column(name)
    for lead in leads:
        if lead["lead"] not in own:
            values = (lead["listing"], lead["stage"], lead["score"], lead["touches"])
            table.add_row(lead["lead"][:8], *map(str, values), lead["last_seen"])
    return table
