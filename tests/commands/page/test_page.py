"""The report's page: everything is in it, nothing is asked for, and everybody can read it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from leadshare.commands.page.markup import Html, element, table
from leadshare.commands.page.numbers import change, count, hours, money, share
from leadshare.commands.page.page import STYLE, page
from leadshare.local import npm
from leadshare.operators.description.reporting import ReportTold
from tests.commands.page import reports

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), "")
AXE, JSDOM = "4.14.1", "26.1.0"


@pytest.fixture(scope="module", name="html")
def _html() -> str:
    return page(reports.report(), reports.campaigns(), reports.months())


def text_of(html: str) -> str:
    """What is read of *html*."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))


def test_whole(html):
    """Each part is there, with its numbers as people read them."""
    told = text_of(html)
    for part in (
        "Marketplace leads, 31 August 2026 to 29 November 2026",
        "Touches 574 +114 (460 before)",
        "Of 287 leads whose first touch was in these days: sales-ready 172, won so far 28.",
        "Autumn webinar: leads (began before) 120 100 120%",
        "Autumn webinar: revenue (began before) &lt;5 EUR 20,000 EUR –",  # noqa: RUF001 - meant
        "September 2026 80 60% 83% 30% 10% 20%",
        "Until a CRM has it 12 s half of all; nine of ten within 1.6 min",
        "What was won is worth 33,600.50 EUR &lt;5 leads, USD",
        "first human touch 143 50% 50%",
        "Autumn webinar (began before)",
        "deliveries that were accepted 287 230",
        "of whole months, August 2026 to November 2026.",
        "contoso.vm-suite 180 90 54 45 27 9 18 3.0 h 90 4",
        "contoso.vm-suite &lt;5 leads, CHF 67,500.25 EUR – USD – CHF 10,800.50 EUR",  # noqa: RUF001 - meant
        "all, the period before &lt;5 leads, CHF 172,500.25 EUR – USD",  # noqa: RUF001 - meant
        "Visits from 27 November 2026 on may still grow",
        "revenue could not be read the last time: forbidden.",
        "No listing has the title: Contoso Robot (old).",
    ):
        assert part in told


@pytest.mark.parametrize("told", [reports.report(), reports.campaigns(), reports.months()])
def test_shape(told):
    """The reports that these tests draw are such as a deployment answers."""
    ReportTold.model_validate(told, strict=True)


def test_warns_of_clicks(html):
    """Microsoft's warning stands wherever its clicks and leads are shown together."""
    assert 1 + 1 + 2 == html.count("Microsoft: clicks are no leads.")
    assert html.index("Microsoft: clicks are no leads.") < html.index("clicks</th>")
    without = page(
        reports.report(books=False), reports.campaigns(), reports.report(every="month", books=False)
    )
    assert "Microsoft" not in text_of(without)


def test_visits_unknown():
    """Before Microsoft has told of visits, the way to the deal begins with the lead."""
    report = reports.report()
    report["books"]["told_at"]["visits"] = None

    told = text_of(page(report, reports.campaigns(), reports.months()))

    assert "From the lead to the deal" in told
    assert "Nothing was read yet of visits, orders and billed revenue." in told


def test_asks_for_nothing(html):
    """No script, no address, and a policy under which none could be called."""
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=|url\((?!#)|@import", html)
    assert html == page(reports.report(), reports.campaigns(), reports.months())
    assert "default-src &#x27;none&#x27;" in html
    assert len(html) < 250_000


def test_escaped(html):
    """What a report tells is text and nothing else."""
    assert "<b>none" not in html
    assert "&lt;b&gt;none&lt;/b&gt;" in html


def test_named(html):
    """Each plot has a title and says what it shows, and its numbers stand beside it."""
    figures = re.findall(r"<figure>.*?</figure>", html, re.DOTALL)
    assert 4 == len(figures)
    for one in figures:
        assert 2 == len(re.findall(r'<svg [^>]*role="img"', one))
        assert 2 == len(re.findall(r"<title id=", one)) == len(re.findall(r"<desc id=", one))
        assert "<table>" in one
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len({*ids})


def test_little():
    """Of a deployment that has hardly anything yet there is a page, too."""
    report = reports.report(books=False)
    for one in (report, report["before"], *report["periods"]):
        one["total"] = reports.figures(0, books=False) | {"called_in": None}
    report["rows"] = []

    told = text_of(page(report, {**report, "by": "campaign"}, report))

    assert "Leads 0 as before" in told
    assert "Speed to lead" not in told
    assert "Campaigns against targets" not in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme):
    """Letters have 4.5 to 1 against what is behind them, lines of plots 3 to 1, in both schemes."""
    css = STYLE.read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#\w+);", blocks[scheme == "dark"]))
    for behind in ("paper", "panel"):
        assert contrast(colours["ink"], colours[behind]) >= 7
        assert contrast(colours["soft"], colours[behind]) >= 4.5
    for mark in ("first", "second", "third"):
        assert contrast(colours[mark], colours["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """How light a colour is (WCAG 2.2)."""
    text = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def in_jsdom(html: str, _folder: Path) -> list[str]:
    """What axe finds in a page that is not laid out: all but colours (`test_contrast`)."""
    jsdom, axe = npm.install("jsdom", JSDOM), npm.install("axe-core", AXE) / "axe.min.js"
    command = [npm.node(), str(Path(__file__).with_name("axe.cjs")), str(jsdom), str(axe)]
    done = subprocess.run(  # noqa: S603 - our own script, under the Node that was chosen
        command, input=html, capture_output=True, text=True, check=True, timeout=120
    )
    told: list[str] = json.loads(done.stdout)
    return told


def in_browser(html: str, folder: Path, *options: str) -> list[str]:
    """What axe finds in a page as a browser shows it."""
    axe = (npm.install("axe-core", AXE) / "axe.min.js").read_text("utf-8")
    run = (
        "axe.run().then(r => document.documentElement.innerHTML = "
        "'<pre>' + JSON.stringify(r.violations.map(v => v.id)) + '</pre>')"
    )
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
    file = folder / "report.html"
    scripts = f"<script>{axe}</script><script>{run}</script></body>"
    file.write_text(policy.sub("", html).replace("</body>", scripts), "utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", *options]
    command += ["--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run(  # noqa: S603 - our own page, in a browser that is installed
        [*command, f"--user-data-dir={folder / 'profile'}", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    (found,) = re.findall(r"<pre>(.*)</pre>", done.stdout)
    told: list[str] = json.loads(found)
    return told


Look = Callable[[str, Path], list[str]]
IN_BROWSER: dict[str, Look] = {
    "wide": lambda html, folder: in_browser(html, folder, "--window-size=1280,900"),
    "narrow, dark": lambda html, folder: in_browser(
        html, folder, "--window-size=390,900", "--blink-settings=preferredColorScheme=0"
    ),
}
LOOKS: dict[str, Look] = {"jsdom": in_jsdom, **(IN_BROWSER if BROWSER else {})}


@pytest.mark.parametrize("look", LOOKS)
def test_accessible(html, tmp_path: Path, look):
    """Axe finds nothing: not in jsdom, nor in a browser's two colour schemes, if there is one."""
    assert [] == LOOKS[look](html, tmp_path)


def test_not_accessible(html, tmp_path: Path):
    """What is wrong with a page is seen."""
    broken = re.sub(' aria-labelledby="[^"]*"', "", html).replace(' lang="en"', "")
    broken = re.sub("<title id=.*?</title>", "", broken)

    assert {"html-has-lang", "svg-img-alt"} == {*in_jsdom(broken, tmp_path)}


def test_markup():
    """Texts and attributes are escaped, markup is not."""
    told = element("p", "a < b", Html("<br>"), class_='"x"', aria_label="&")
    assert '<p class="&quot;x&quot;" aria-label="&amp;">a &lt; b<br></p>' == told
    assert "<td><i>" in table("c", ["h"], [("r", Html("<i>1</i>"))])


def test_numbers():
    """Numbers are as people read them, and what is hidden is not told by what it is compared to."""
    assert ("1,234", "<5") == (count(1234), count(None))
    assert ("12%", "–") == (share(0.123), share(None))  # noqa: RUF001 - the dash is meant
    assert ["45 s", "1.5 min", "2.0 h", "3.0 d"] == [*map(hours, (45, 90, 7200, 259200))]
    sums = {"EUR": None, "CHF": "1.5"}
    assert ["1.50 CHF", "<5 leads, EUR", "– USD"] == money(sums, ["USD"])  # noqa: RUF001 - meant
    assert ("not told", "as before", "-2 (5 before)") == (
        change(None, 3),
        change(3, 3),
        change(3, 5),
    )
