"""Commands: draw one lead's story, and tell in words for how long it waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

from leadshare.commands.screen import Entry, cell, plain, show_facts, show_table, when

HOUR: Final = 3600


def draw(story: Mapping[str, Any]) -> None:
    """Print the whole of it, what asks for something where the eye falls."""
    lead = story["lead"]
    receipt = [f"{line['points']:+d} {line['why']}" for line in lead["receipt"]["lines"]]
    facts = {
        "listing": lead.get("listing_title") or lead["listing"],
        "storefront": f"{lead['storefront']}, {lead['intent']}".replace("_", " "),
        "stage": _stage(lead),
        "first sign of a person": _since(lead["signed_at"], lead["signed_by"]),
        "opted out": _since(story["opted_out"].get("at", ""), story["opted_out"].get("by", "")),
        "score": f"{lead['score']}: {', '.join(receipt)}",
        "campaign": lead["campaign"] or lead["campaign_kind"],
        "category": lead["category"],
        "route": ", ".join(lead["route"]) or lead["routing"],
        "flags": ", ".join(lead["flags"]),
        "version": lead["version"],
        "called": called(lead["clock"]),
    }
    show_facts(f"Lead {lead['lead']}", facts | _person(lead.get("record", {})))
    heads = ("received", "touch", "action", "intent", "note")
    show_table(heads, [_touch(one) for one in story["touches"]], "No touches.")
    if story["outcomes"]:
        told = ("told", "by", "state", "stage", "status", "amount", "why")
        show_table(told, [_outcome(one) for one in story["outcomes"]], "")
    for delivery in story["deliveries"]:
        _delivery(delivery)


def _stage(lead: Entry) -> str:
    """Tell where a lead stands, since when and by whom."""
    said = f" ({lead['stage_why']})" if lead["stage_why"] else ""
    since = f", since {_since(lead['stage_at'], lead['stage_by'])}" if lead["stage_at"] else ""
    return f"{lead['stage'].replace('_', ' ')}{said}{since}"


def _since(at: str, by: str) -> str:
    return f"{when(at)}, by {by}" if at else ""


def _outcome(one: Entry) -> tuple[object, ...]:
    told = f"{one['source']}, {one['by']} instead" if one["by"] else one["source"]
    money = f"{one['amount']} {one['currency']}".strip()
    why = one.get("reason", "")
    return when(one["at"]), told, one["state"], one["stage"], one["status"], money, why


def _person(record: Entry) -> dict[str, object]:
    names = f"{record.get('first_name', '')} {record.get('last_name', '')}".strip()
    shown = ("job_title", "company", "email", "phone", "country", "notes")
    return {"person": names} | {name.replace("_", " "): record.get(name, "") for name in shown}


def _touch(touch: Entry) -> tuple[object, ...]:
    notes = ["repeat"] if touch["repeat"] else []
    notes += [touch["via"]] if touch["via"] else []
    notes += touch["flags"]
    words = ", ".join(notes)
    style = "dim" if touch["repeat"] else ""
    values = (when(touch["received"]), touch["touch"][:8], touch["action"], touch["intent"], words)
    return tuple(cell(value, style) for value in values)


def _delivery(one: Entry) -> None:
    last = one["last"]
    said = [
        last.get("outcome"),
        last.get("reason"),
        last.get("status") and f"HTTP {last['status']}",
    ]
    facts = {
        "state": cell(one["state"]),
        "why": one["reason"],
        "parked since": when(one.get("parked_since", "")),
        "next attempt": _next(one),
        "version": f"{one['sent']} sent, {one['wanted']} wanted",
        "attempts": one["attempts"],
        "last said": ", ".join(filter(None, (when(last.get("at", "")), *map(_word, said)))),
        "in its words": last.get("said", ""),
        "record": one["record_id"],
        "link": one.get("link", ""),
        "seen there": when(one["found_at"]),
    }
    show_facts(f"To {plain(one['destination'])}", facts)


def _word(value: object) -> str:
    return str(value or "")


def _next(delivery: Entry) -> Text | str:
    """Tell when it leaves, and what holds it until then."""
    if "held_by" not in delivery:
        return ""
    at = when(delivery["next"]) or "none"
    held = delivery["held_by"].replace("_", " ")
    return cell(f"{at}, held by: {held}" if held else f"{at}, next in turn", "yellow")


def hours(seconds: float) -> str:
    """Return *seconds* in hours, as people read them."""
    return f"{seconds / HOUR:.1f}"


def working(clock: Entry) -> str:
    """Tell the working time of a lead's clock, and how much there should be at most."""
    if "working_seconds" not in clock:
        return ""
    return f"{hours(clock['working_seconds'])} of {clock['target_seconds'] / HOUR:g}"


def called(clock: Entry) -> str:
    """Tell when somebody called first, or for how long nobody has; nothing of a lead never ready.

    Microsoft advises 24 hours, which are no working hours.
    """
    if not clock:
        return ""
    of = working(clock)
    took = f"{hours(clock['seconds'])} h" + (f", {of} working hours" if of else "")
    if clock["signed_at"]:
        return f"{when(clock['signed_at'])}, by {clock['signed_by']}, after {took}"
    told = f"; reminded {when(clock['reminded_at'])}" if clock["reminded_at"] else ""
    more = f"; escalated {when(clock['escalated_at'])}" if clock["escalated_at"] else ""
    return f"by nobody for {took}{told}{more}"
