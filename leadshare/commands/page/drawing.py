"""Commands: plots drawn as SVG by Vega-Lite, without a browser, in the colours of the page.

Each is drawn twice, for wide and for narrow screens, for letters of a picture that is made smaller
become too small to read; the page's style shows one of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from leadshare.commands.page.markup import Html, element, joined
from leadshare.errors import BadRequest

Spec = dict[str, Any]
Row = Mapping[str, object]

VERSION: Final = "5.21"
"""Vega-Lite's."""

WIDTHS: Final = {"broad": 640, "narrow": 300}

_INK, _SOFT = "var(--ink)", "var(--soft)"
_LETTERS: Final = "system-ui, sans-serif"
_CONFIG: Final[Spec] = {
    "background": None,
    "font": _LETTERS,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "gridColor": "var(--line)",
        "domainColor": _SOFT,
        "tickColor": _SOFT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 170,
    },
    "legend": {
        "labelColor": _INK,
        "titleColor": _INK,
        "labelFontSize": 12,
        "orient": "top",
        "title": None,
        "columnPadding": 28,
        "offset": 12,
    },
    "text": {"color": _INK, "fontSize": 12},
}


def figure(name: str, title: str, said: str, spec: Callable[[int], Spec], beside: Html) -> Html:
    """Return a plot with its title, what it shows in words, and the table of its numbers *beside*.

    *spec* makes it for a width in pixels; *name* is its own among all of the page.
    """
    drawn = joined(
        element("div", _svg(spec(width), f"{name}-{kind}", title, said), class_=f"plot {kind}")
        for kind, width in WIDTHS.items()
    )
    caption = element("figcaption", element("h3", title), element("p", said))
    return element("figure", caption, element("div", drawn, beside, class_="beside"))


def _svg(spec: Spec, name: str, title: str, said: str) -> Html:
    try:
        import vl_convert  # noqa: PLC0415 - 90 MB, and needed nowhere else
    except ModuleNotFoundError:
        raise BadRequest("--html needs vl-convert-python; `make run` installs it") from None
    drawn = vl_convert.vegalite_to_svg({**spec, "config": _CONFIG}, vl_version=VERSION)
    found = _FRAME.fullmatch(drawn)
    if found is None:
        raise ValueError("not the SVG that was expected")
    width, height = found["width"], found["height"]
    # One picture for who does not see it: the numbers are in the table beside it.
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", said, id=f"{name}-said"),
        Html(_own_ids(_UNNAMED.sub("", found["inner"]), name)),
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-said",
    )


def _own_ids(inner: str, name: str) -> str:
    """Return the SVG with ids that are its own, whatever else was drawn before."""
    numbers = {found: number for number, found in enumerate(dict.fromkeys(_CLIP.findall(inner)))}
    return _CLIP.sub(lambda found: f"{name}-clip-{numbers[found[0]]}", inner)


_CLIP: Final = re.compile(r"\bclip\d+\b")
_FRAME: Final = re.compile(
    r'<svg [^>]*width="(?P<width>[\d.]+)" height="(?P<height>[\d.]+)"[^>]*>(?P<inner>.*)</svg>\s*',
    re.DOTALL,
)
_UNNAMED: Final = re.compile(r' (?:role|aria-[a-z]+|tabindex)="[^"]*"')


def values(rows: Sequence[Row]) -> Spec:
    """Return the data of a plot."""
    return {"values": [dict(row) for row in rows]}


def scale(colours: Mapping[str, str]) -> Spec:
    """Return which colour what is told has."""
    return {"domain": [*colours], "range": [f"var(--{colour})" for colour in colours.values()]}
