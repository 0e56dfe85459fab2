"""Commands: how everything stands."""

from __future__ import annotations

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson
from leadshare.commands.screen import Entry, age, brief, when


def health(*, app: App = "", as_json: AsJson = False) -> int:
    """Tell how everything stands; exit code 1 if something waits for a person.

    Example: leadshare health
    """
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.get("health")
    faults = _faults(told)
    if as_json:
        screen.show_json({**told, "faults": faults})
        return 1 if faults else 0
    facts = {name: told[name] for name in ("configuration", "build")}
    facts |= {"last lead": when(told["last_lead"]), "last test lead": when(told["last_test_lead"])}
    queues = {name: _waits(one) for name, one in told["queues"].items() if one.get("count")}
    kept = {name: _waits(told[name]) for name in ("quarantine", "unrouted")}
    screen.show_facts(manage.url, facts | {f"queue {name}": one for name, one in queues.items()})
    waiting = {"waiting for a call": _waiting(told["waiting"])}
    screen.show_facts("", kept | waiting | _books(told["books"]))
    heads = ("destination", "due", "parked", "lane", "last taken")
    rows = [
        (
            name,
            _waits(one["due"]),
            _waits(one["parked"]),
            _lane(one),
            when(one["lane"]["accepted_at"]),
        )
        for name, one in told["destinations"].items()
    ]
    screen.show_table(heads, rows, "No destination is configured.")
    for fault in faults:
        screen.complain(fault)
    return 1 if faults else 0


def _waits(counted: Entry) -> str:
    """Tell a count and the age of its oldest."""
    more = "+" if counted.get("more") else ""
    old = counted.get("oldest_seconds")
    return f"{counted['count']}{more}" + (f", {age(old)}" if counted["count"] and old else "")


def _waiting(counted: Entry) -> str:
    over = counted.get("over_target")
    return _waits(counted) + (f"; {over} over target" if over else "")


def _books(books: Entry) -> dict[str, str]:
    """Tell how far each of Microsoft's books has been read."""
    if books["reason"]:
        return {"Microsoft's books": f"{books['state']}: {books['reason']}"}
    return {f"book of {name}": _book(one) for name, one in books["read"].items()}


def _book(book: Entry) -> str:
    told = f"file of {brief(book['told_at'])}" if book["told_at"] else "no file yet"
    fault = f"{book['fault']} since {brief(book['failing_at'])}" if book["fault"] else ""
    parts = (told, fault, f"next look {brief(book['look_at'])}" if book["look_at"] else "")
    return "; ".join(filter(None, parts))


def _lane(destination: Entry) -> str:
    lane = destination["lane"]
    if not destination["configured"]:
        return "not configured"
    if lane["disabled"]:
        return f"disabled ({lane['disabled']})"
    if lane["paused_at"]:
        return f"paused since {brief(lane['paused_at'])}"
    if lane["rests_until"]:
        why = "breaker open" if lane["breaker"] == "open" else "waits"
        return f"{why} until {brief(lane['rests_until'])}"
    return "breaker open, probes" if lane["breaker"] == "open" else "open"


def _faults(told: Entry) -> list[str]:
    """Return what waits for a person."""
    faults = [] if told["configuration"] == "ok" else ["configuration: " + told["configuration"]]
    kept = ("quarantine", "unrouted")
    faults += [f"{name}: {_waits(told[name])}" for name in kept if told[name]["count"]]
    if told["waiting"].get("over_target"):
        faults.append(f"waiting: {_waiting(told['waiting'])}; see `leadshare leads --waiting`")
    faults += [
        f"book of {name}: {_book(one)}; see docs/runbooks/books-unread.md"
        for name, one in told["books"]["read"].items()
        if one["late"]
    ]
    for name, one in told["destinations"].items():
        if one["parked"]["count"]:
            advice = f"see `leadshare parked --to {name}`"
            faults.append(f"{name}: parked {_waits(one['parked'])}; {advice}")
        if _lane(one) != "open":
            faults.append(f"{name}: {_lane(one)}")
    return faults
