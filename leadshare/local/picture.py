"""Local: draw each lead's way from the POST to the follow-up systems, for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from leadshare.local.ways import Story, Way

_MARKS: Final = {"parked": "red", "due": "yellow", "suppressed": "dim", "delivered": "green"}
"""States, in the order in which they are told where there is little room."""

_NOBODY: Final = {"unrouted": "red", "notice_only": "yellow", "kept": "dim"}
"""What a normal lead is that nobody follows up."""

_WIDEST_STAGE: Final = len("100 sales ready")


def table_of(ways: Sequence[Way]) -> Table:
    """Draw how far each sample is, in a line that has its states in sight at 80 columns."""
    table = Table(title="Each lead's way", title_justify="left", expand=True)
    table.add_column("touch", ratio=2, no_wrap=True)
    table.add_column("score", width=_WIDEST_STAGE, no_wrap=True)
    table.add_column("follow-up", ratio=3, no_wrap=True)
    for way in ways:
        lead = way.story.get("lead")
        cells = [_stage(lead), _states(way.story)] if lead else [Text(), Text(way.taken, "dim")]
        table.add_row(Text(way.sample.name), *cells)
    return table


def table_of_leads(ways: Sequence[Way]) -> Table:
    """Draw what became of each lead, with the reasons for its score; its touches together."""
    table = Table(title="What became of them", title_justify="left", expand=True, show_lines=True)
    for name, ratio in (("touches", 5), ("lead", 5), ("score", 6), ("follow-up", 5)):
        table.add_column(name, ratio=ratio)
    by_lead: dict[str, list[Way]] = defaultdict(list)
    for way in ways:
        by_lead[way.story["lead"]["lead"] if way.story else way.touch].append(way)
    for of_one in by_lead.values():
        story = of_one[-1].story
        lead = story.get("lead")
        cells = [_lead(lead), _score(lead), _follow_up(story)] if lead else [Text("quarantine")]
        table.add_row(Text("\n").join(map(_said, of_one)), *cells)
    return table


def yours(stories: Sequence[Story], more: int) -> Group:
    """Draw the leads that one has posted oneself: score, reasons, and what became of them."""
    blocks = [_yours(story) for story in stories]
    if more:
        blocks.append(Padding(Text(f"and {more} more", "dim"), (1, 0, 0, 0)))
    return Group(Text("Yours" if blocks else "Yours will be shown here.", "italic"), *blocks)


def _yours(story: Story) -> Padding:
    lead = story["lead"]
    title = Text(lead["listing_title"] or lead["listing"], "bold")
    touches = "1 touch" if lead["touches"] == 1 else f"{lead['touches']} touches"
    title.append(f", {touches}, lead {lead['lead']}", style="not bold dim")
    return Padding(Text("\n").join([title, _score(lead), _follow_up(story)]), (1, 0, 0, 2))


def _said(way: Way) -> Text:
    text = Text(way.sample.name)
    return text.append(f"\n202 {way.taken} {way.touch[:8]}", style="dim")


def _lead(lead: dict[str, Any]) -> Text:
    text = Text(f"{lead['storefront']}, {lead['intent']}".replace("_", " "))
    text.append(f"\n{lead['listing_title'] or lead['listing']}", style="dim")
    return text.append(f"\ncampaign kind: {lead['campaign_kind']}", style="dim")


def _stage(lead: dict[str, Any]) -> Text:
    return Text(f"{lead['score']} {lead['stage']}".replace("_", " "), style="bold")


def _score(lead: dict[str, Any]) -> Text:
    reasons = [f"{line['points']:+d} {line['why']}" for line in lead["receipt"]["lines"]]
    return _stage(lead).append(f"\n{', '.join(reasons)}", style="not bold dim")


def _states(story: Story) -> Text:
    """Tell who is in which state, the states that ask for something first."""
    names = {
        state: [d["destination"] for d in story["deliveries"] if d["state"] == state]
        for state in _MARKS
    }
    texts = [
        Text(f"{state} {', '.join(who)}", _MARKS[state]) for state, who in names.items() if who
    ]
    return Text(", ").join([*texts, *_nobody(story)])


def _follow_up(story: Story) -> Text:
    """Tell what became of each delivery, in a line of its own."""
    lines = []
    for delivery in story["deliveries"]:
        state = delivery["state"]
        why = f" ({delivery['reason']})" if delivery["reason"] else ""
        found = ", found" if delivery.get("found_at") else ""
        lines.append(Text(f"{delivery['destination']}: {state}{why}{found}", _MARKS[state]))
    return Text("\n").join([*lines, *_nobody(story)])


def _nobody(story: Story) -> list[Text]:
    routing = story["lead"]["routing"]
    return [Text(routing.replace("_", " "), _NOBODY[routing])] if routing in _NOBODY else []
