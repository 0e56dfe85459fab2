"""Books are read as Microsoft tells them: late, asynchronously, restated, and never doubled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from leadshare.books.book import BOOKS, ORDERS, REVENUE, VISITS
from leadshare.books.place import COUNT, EVERY, Place
from leadshare.store.keys import BOOK, book_key
from tests.books.analytics import FILES
from tests.books.world import DAY, HOUR, Killed, World, billed, ordered
from tests.builders import NOW

HEAD = (",".join(VISITS.columns) + "\r\n").encode()
PERSONS = ("customer", "email", "name,first", "company", "status", "billingaccount")
"""What columns of persons are called, and one that changes."""


@pytest.fixture(name="world")
def _world() -> World:
    world = World()
    day = NOW.date()
    for back in range(0, 200, 9):
        world.visit(day - back * DAY, PageVisits=back, ContactMe=1, Campaign="autumn")
        world.visit(day - back * DAY, "Other", CountryName="France", Site="AZUREMARKETPLACE")
        world.order(day - back * DAY, back)
        world.bill(day - back * DAY, back, f"{back}.10")
        world.bill(day - back * DAY, back + 1, "9.99", EarningCurrencyCode="USD")
    return world


async def test_first(world):
    """Nothing is there before the first execution, which 404 says; then all of it is."""
    await world.run(4 * HOUR)
    assert 3 == len(world.analytics.reports)
    assert not world.faults()
    assert not world.kept(ORDERS)

    await world.run(2 * HOUR)

    assert not world.faults()
    assert world.billed() == billed(world.kept(REVENUE))
    assert world.ordered() == ordered(world.kept(ORDERS))
    newest = world.kept(VISITS)[NOW.date().isoformat()]
    assert {
        ("OfferName", "Contoso Robot"): (0, 0, 1, 0, 0, 0),
        ("OfferName", "Other"): (1, 0, 0, 0, 0, 0),
        ("CountryName", "Germany"): (0, 0, 1, 0, 0, 0),
        ("CountryName", "France"): (1, 0, 0, 0, 0, 0),
        ("Campaign", "autumn"): (0, 0, 1, 0, 0, 0),
        ("Campaign", ""): (1, 0, 0, 0, 0, 0),
        ("Site", "APPSOURCE"): (0, 0, 1, 0, 0, 0),
        ("Site", "AZUREMARKETPLACE"): (1, 0, 0, 0, 0, 0),
    } == newest


async def test_asks_for_no_person(world):
    """No query selects a person's column, or one that changes; and no file gets our token."""
    await world.run(6 * HOUR)

    queries = [one["query"].lower() for one in world.analytics.queries.values()]
    assert 3 == len(queries)
    assert not [(word, query) for word in PERSONS for query in queries if word in query]
    assert "Canary" not in str(world.state.rows)
    taken = [one for one in world.analytics.requests if one.url.host == FILES]
    assert 3 == len(taken)
    assert not [one for one in taken if "authorization" in one.headers]

    await world.run(20 * HOUR)
    fetched = [one for one in world.analytics.requests if one.url.host == FILES]
    assert 3 == len(fetched), "a file is read once"


async def test_restated(world):
    """What is told anew replaces what was told, and what the span has left stays."""
    await world.run(6 * HOUR)
    before = world.kept(REVENUE)
    world.analytics.rows["ISVRevenue"][0]["Revenue"] = "-5.005"
    world.analytics.rows["ISVRevenue"].pop(3)  # and one is taken back
    moved = world.analytics.rows["ISVOrderV2"][0]
    moved["OfferName"] = "Contoso Robot Pro"

    await world.run(DAY)

    assert before != world.kept(REVENUE)
    assert world.billed() == billed(world.kept(REVENUE))
    month = world.kept(ORDERS)[f"{NOW:%Y-%m}"]
    assert month["Contoso Robot Pro", "basic"] == (1,)

    await world.run(240 * DAY, every=48 * HOUR)
    world.analytics.rows["ISVRevenue"].clear()
    world.bill(world.now.date(), 7000, "1.00")
    await world.run(5 * DAY, every=6 * HOUR)
    assert Decimal("1.00") == billed(world.kept(REVENUE))[f"{world.now:%Y-%m}", "EUR"]
    assert before.keys() < world.kept(REVENUE).keys()


async def test_cut_month(world):
    """A month that the span's beginning has begun to leave stays as it was told whole."""
    for back in range(340, 356):
        world.order(NOW.date() - back * DAY, 5000 + back)
        world.bill(NOW.date() - back * DAY, 5000 + back, "1.00")
    await world.run(6 * HOUR)

    await world.run(12 * DAY, every=6 * HOUR)

    assert world.ordered() == ordered(world.kept(ORDERS))
    assert world.billed() == billed(world.kept(REVENUE))


async def test_first_month(world):
    """The first month that a publisher has at all is restated as any other, though no other is."""
    for rows in world.analytics.rows.values():
        rows.clear()
    day = NOW.date()
    for number in range(3):
        world.visit(day)
        world.order(day, 8000 + number)
        world.bill(day, 8000 + number, "10.01")
        await world.run(2 * DAY, every=6 * HOUR)

        assert world.ordered() == ordered(world.kept(ORDERS))
        assert world.billed() == billed(world.kept(REVENUE))
        visits = sum(sums["OfferName", "Contoso Robot"][0] for sums in world.kept(VISITS).values())
        assert number + 1 == visits


async def test_key_twice(world):
    """An order is one however many lines it has; what is billed under one key is added."""
    day = NOW.date()
    world.order(day, 9000)
    world.order(day, 9000, OrderStatus="Cancelled")
    world.bill(day, 9000, "1.00")
    world.bill(day, 9000, "2.00", EarningCurrencyCode="CHF")

    await world.run(6 * HOUR)

    assert world.ordered() == ordered(world.kept(ORDERS))
    assert world.billed() == billed(world.kept(REVENUE))
    lines = world.kept(REVENUE)[f"{NOW:%Y-%m}"]
    assert (2, 0) == lines["Contoso Robot", "basic", "CHF"], "a line of an invoice counts once"


async def test_renewed(world):
    """A report is followed by the next before its count ends, and no day is missed."""
    for rows in world.analytics.rows.values():
        del rows[20:]
    for _ in range(COUNT + 20):
        await world.run(DAY, every=12 * HOUR)
        if world.now > NOW + DAY:
            for book in BOOKS:
                assert world.now - world.place(book).told_at <= 2 * EVERY
    assert not world.faults()
    reports = world.analytics.reports.values()
    assert 6 == len(reports)
    assert 3 == len(world.analytics.queries)


async def test_paused_or_deleted(world):
    """A report that is silent for days is made anew, and so is a query that somebody deleted."""
    await world.run(6 * HOUR)
    for report in world.analytics.reports.values():
        report["reportStatus"] = "Paused"
    await world.run(3 * DAY)
    world.analytics.queries.clear()
    await world.run(3 * DAY)

    assert not world.faults()
    assert world.now - world.place(ORDERS).told_at <= EVERY
    assert 3 == len(world.analytics.reports)


@pytest.mark.parametrize(
    ("answer", "fault", "hold"),
    [
        (httpx.Response(429, headers={"Retry-After": "7200"}), "throttled", 2 * HOUR),
        (httpx.Response(429), "throttled", HOUR / 4),
        (httpx.Response(403, json={"message": "no"}), "forbidden", HOUR / 4),
        (httpx.Response(500), "http_500", HOUR / 4),
        (httpx.Response(200, text="<p>Sign in</p>"), "unreadable_answer", HOUR / 4),
        (httpx.Response(400, json={"message": "has exceeded"}), "quota_exhausted", HOUR / 4),
    ],
)
async def test_faults(world, answer, fault, hold):
    """A fault is told, waits as long as it is asked to, and goes on from there."""
    world.analytics.instead = [answer]
    await world.run(HOUR)
    assert fault == world.place(VISITS).fault
    assert world.place(VISITS).look_at == world.now + hold

    await world.run(8 * HOUR)

    assert not world.faults()
    assert world.kept(VISITS)


async def test_link_expired(world):
    """A link that has ended is told; the next execution has another."""
    world.analytics.link_lives = timedelta(0)
    await world.run(6 * HOUR)
    assert {"link_expired"} == world.faults()

    world.analytics.link_lives = DAY
    await world.run(DAY)

    assert not world.faults()
    assert world.ordered() == ordered(world.kept(ORDERS))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"OfferName,SKU\r\n", "column_missing"),
        (b"", "file_empty"),
        (b"\xff\xfe", "not_utf_8"),
        (b"Date,", "column_missing"),
        (b'"' + b"x" * 70_000, "line_unreadable"),
        (HEAD + b"2026-13-01,a,b,c,d,1,1,1,1,1,1\r\n", "no_date"),
        (HEAD + b"2026-11-01,a,b,c,d,many,1,1,1,1,1\r\n", "no_number"),
        (HEAD + b"2026-11-01,a,b,c,d,NaN,1,1,1,1,1\r\n", "no_number"),
        (HEAD + b"2026-11-01,a,b\r\n", "line_unreadable"),
        (HEAD + b'2026-11-01,"a"b,c,d,e,1,1,1,1,1,1\r\n', "line_unreadable"),
    ],
)
async def test_unreadable_file(world, content, fault):
    """A file that is not understood whole changes nothing of what is kept."""
    await world.run(6 * HOUR)
    kept = world.kept(VISITS)
    world.analytics.spoilt = content

    await world.run(DAY)

    assert fault == world.place(VISITS).fault
    assert kept == world.kept(VISITS)


async def test_american_day(world):
    """A day is read as either of Microsoft's pages writes it, a name over two lines as one."""
    line = b'11/3/2026 12:00:00 AM,"Contoso\r\nRobot",Germany,,APPSOURCE,7,1,1,1,1,1\r\n'
    world.analytics.spoilt = HEAD + line

    await world.run(6 * HOUR)

    assert not world.place(VISITS).fault
    assert {"2026-11-03"} == {unit for unit, numbers in world.kept(VISITS).items() if numbers}


async def test_no_currency(world):
    """An amount of no currency that is known spoils the file: it must not be added to others."""
    world.bill(NOW.date(), 1, "9", EarningCurrencyCode="EURO")

    await world.run(6 * HOUR)

    assert "no_currency" == world.place(REVENUE).fault
    assert not world.kept(REVENUE)


async def test_clock_of_another_week(world):
    """A wait that a wrong clock wrote down holds nobody up."""
    world.now += 300 * DAY
    await world.run(HOUR)
    world.now = NOW

    await world.run(6 * HOUR)

    assert world.place(ORDERS).report


async def test_killed(world):
    """Killed before or after any call and any write, it goes on; nothing is made twice."""
    for step in range(60):
        world.dies_at = step % 29
        try:
            await world.run(HOUR)
        except Killed:
            world.reader = world.process()
        world.bill(world.now.date(), 8000 + step, "0.01")
    world.dies_at = None
    await world.run(2 * DAY)

    assert 3 == len(world.analytics.queries)
    assert 3 == len(world.analytics.reports)
    assert not world.faults()
    assert world.billed() == billed(world.kept(REVENUE))
    assert world.ordered() == ordered(world.kept(ORDERS))


async def test_two_processes(world):
    """Under a lease one reads; another, at the same time, changes nothing."""
    other = world.process()
    for _ in range(30):
        await world.run(HOUR)
        await other.work()

    assert 3 == len(world.analytics.reports)
    assert not world.faults()


async def test_flood_of_names(world):
    """Names that anybody can make up are kept as far as a row has room; none are lost in sums."""
    day = NOW.date()
    for back in range(35):
        for number in range(300):
            world.visit(day - back * DAY, Campaign=f"{back}-{number:x}-" + f"{number * back:x}" * 9)
    world.visit(day, Campaign="bob@contoso.example")

    await world.run(6 * HOUR)

    assert not world.faults()
    for sums in world.kept(VISITS).values():
        by_offer = sum(n[0] for group, n in sums.items() if group[0] == "OfferName")
        by_campaign = sum(n[0] for group, n in sums.items() if group[0] == "Campaign")
        assert by_offer == by_campaign
    assert "bob" not in str(world.kept(VISITS))


async def test_bug_is_raised(world, monkeypatch):
    """A bug of ours is raised for the tick to tell, and the place is let go."""
    monkeypatch.setattr("leadshare.books.reading.to_columns", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await world.run(6 * HOUR)

    assert Place() != world.place(VISITS)
    values, _ = world.state.rows[BOOK, book_key("visits")]
    assert ("reading_crashed", "") == (values["fault"], values["holder"])
