"""Commands: `listings audit`, `enable` and `verify`: ask, show, do, tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from leadshare.commands import screen
from leadshare.commands.listings.telling import Telling, print_table
from leadshare.commands.options import agreed
from leadshare.errors import LeadshareError
from leadshare.listings.api import Api
from leadshare.listings.audit import MISSING, Standing
from leadshare.listings.enable import Step, plan, publish, set_destination, wait
from leadshare.listings.ingestion import Job
from leadshare.listings.office import Office, opened, utc_now
from leadshare.listings.setup import host_key_of, main_of


@dataclass(frozen=True, slots=True)
class Enabling:
    """What is to be pointed here, and how."""

    listings: Sequence[str]
    """Their ids; none for all."""
    publish: str
    """`preview`, `live` or nothing."""
    yes: bool
    """Whether nobody is to be asked."""
    poll: float
    """Seconds between looks at a job."""
    patience: float
    """Minutes to wait for jobs."""


def audit(environment: Mapping[str, str], *, as_json: bool) -> int:
    """Tell where every listing's leads go; 1 if anything is missing, or a key is overdue."""
    with opened(environment) as office:
        standings = list(office.standings(()))
    answers = [standing.to_json() for standing in standings]
    missing = [one for one in standings if one.missing]
    overdue = [f"{one.listing}: {text}" for one in standings for text in one.overdue(utc_now())]
    failed = 1 if missing or overdue else 0
    if as_json:
        screen.show_json({"listings": answers, "overdue": overdue, "ok": not failed})
        return failed
    heads = ("listing", "type", "live", "draft", "here", "required", "missing")
    print_table([heads, *(_row(standing) for standing in standings)])
    for one in standings:
        if one.fault:
            screen.complain(f"{one.listing}: {one.advice}")
        for key in one.keys[:-1]:
            print(
                f"{one.listing}: {key.name} has been replaced and lives on; `keys revoke` ends it"
            )
    for text in overdue:
        screen.complain(text)
    print(f"\n{len(standings)} listings, {len(missing)} of them with something missing")
    return failed


def _row(standing: Standing) -> tuple[str, ...]:
    required = {True: "yes", False: "no", None: "if Contact me"}[standing.required]
    kind = standing.product.type + (", withdrawn" if standing.product.state == "deprecated" else "")
    here = "unknown" if standing.fault else "yes" if standing.is_here("live") else "no"
    places = (str(standing.place("live")), str(standing.place("draft")))
    return (standing.listing, kind, *places, here, required, MISSING.get(standing.missing, "-"))


def enable(environment: Mapping[str, str], wanted: Enabling, *, as_json: bool) -> int:
    """Point listings here and publish them if told; 1 if any could not be."""
    telling = Telling(as_json)
    with opened(environment) as office:
        steps, unread = [], False
        for standing in office.standings(wanted.listings):
            if standing.product.state == "deprecated":
                telling.say(standing.listing, "withdrawn, left alone")
            elif standing.fault:
                telling.complain(standing.listing, standing.advice)
                unread = True
            else:
                steps.append(plan(standing, wanted.publish))
        todo = [step for step in steps if step.told()]
        for step in steps:
            for line in step.told() or ["right already"]:
                telling.say(step.standing.listing, line)
        if not todo:
            telling.note("Nothing to change.")
            return telling.end(failed=unread)
        if not agreed(yes=wanted.yes):
            telling.note("Nothing was changed.")
            return telling.end(failed=True)
        failed = _carry_out(todo, wanted, office, telling)
        return telling.end(failed=unread or bool(failed))


def _carry_out(
    steps: Sequence[Step], wanted: Enabling, office: Office, telling: Telling
) -> set[str]:
    """Set and publish; return the listings that failed."""
    ingestion, now = office.ingestion, utc_now()

    def set_one(step: Step) -> Job:
        return set_destination(step, ingestion, office.keys, now)

    sets = {step.standing.listing: step for step in steps if step.sets}
    set_now, failed = _start(sets, set_one, telling)
    for name, job in _ended(set_now, wanted, office, telling).items():
        _tell(name, "set", job, telling)
        if not job.succeeded:
            failed.add(name)
    publishing = {
        step.standing.listing: step
        for step in steps
        if step.publish and step.standing.listing not in failed
    }
    published, held = _start(publishing, lambda step: publish(step, ingestion), telling)
    for name, job in _ended(published, wanted, office, telling).items():
        _tell(name, f"published to {wanted.publish}", job, telling)
        # Certifying takes up to days: a job that still runs has not failed.
        if job.done and not job.succeeded:
            held.add(name)
    return failed | held


def _start(
    steps: Mapping[str, Step], start: Callable[[Step], Job], telling: Telling
) -> tuple[dict[str, Job], set[str]]:
    """Start a job for each listing's step; return them and the listings that have none."""
    jobs, failed = {}, set()
    for name, step in steps.items():
        try:
            jobs[name] = start(step)
        except LeadshareError as error:
            telling.complain(name, str(error))
            failed.add(name)
    return jobs, failed


def _ended(
    jobs: dict[str, Job], wanted: Enabling, office: Office, telling: Telling
) -> dict[str, Job]:
    """Return the *jobs* as they have ended, or stand when patience does."""
    if jobs:
        most = f"at most {wanted.patience:g} minutes"
        telling.note(f"Waiting for {len(jobs)} jobs of Partner Center, {most}.")
    return wait(jobs, office.ingestion, wanted.poll, wanted.patience * 60)


def _tell(name: str, what: str, job: Job, telling: Telling) -> None:
    if job.succeeded:
        telling.say(name, what)
    elif job.done:
        for line in job.errors:
            telling.complain(name, line)
    else:
        telling.complain(name, f"job {job.id} still runs; see how it went with `listings audit`")


def verify(
    environment: Mapping[str, str], listings: Sequence[str], since: str, *, as_json: bool
) -> int:
    """Tell which listings' test lead has arrived; 1 if any has not."""
    with opened(environment) as office:
        key, main = host_key_of(environment), main_of(environment)
        office.veil.keys.add(key)
        manage = Api(main, {}, lambda: {"x-functions-key": key}, office.client, office.veil)
        names = [name.lower() for name in listings] or _withdrawn_left_out(office)
        seen = {name: _last_test(manage, name, since) for name in names}
    if as_json:
        screen.show_json({"listings": seen, "ok": all(seen.values())})
    else:
        rows = [(name, time or "not arrived") for name, time in seen.items()]
        print_table([("listing", "last test lead"), *rows])
    return 0 if all(seen.values()) else 1


def _withdrawn_left_out(office: Office) -> list[str]:
    return [name for name, one in office.products(()).items() if one.state != "deprecated"]


def _last_test(manage: Api, listing: str, since: str) -> str:
    """Return when a listing's last test lead was seen, nothing if there is none."""
    query = {"stage": "test", "listing": listing, "limit": "1"}
    leads = manage.ask("GET", "api/manage/leads", query | ({"since": since} if since else {}))
    return str(leads["leads"][0]["last_seen"]) if leads.get("leads") else ""
