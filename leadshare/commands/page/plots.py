"""Commands: what each plot of the report shows, as data for Vega-Lite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from leadshare.commands.page.drawing import Row, Spec, scale, values

_BAND: Final = 46
"""Pixels of one bar with what stands above it, which is as long as it likes."""


_LABEL: Final[Spec] = {"expr": "0.8 * width"}
"""How long a label is at most by the letters of who draws; a reader's may be wider."""


def _bars(across: Spec, colour: Spec, *more: Spec) -> Spec:
    """Return bars, one below the other, with `label` above each, and *more* that lies on them.

    A label that is too long ends in dots: what matters stands at its beginning.
    """
    row: Spec = {"field": "row", "type": "ordinal", "axis": None}
    return {
        "height": {"step": _BAND},
        "encoding": {"y": row},
        "layer": [
            {
                "mark": {"type": "bar", "height": 18, "yOffset": 8, "cornerRadius": 2},
                "encoding": {"x": across, "color": colour},
            },
            *more,
            {
                "mark": {"type": "text", "align": "left", "dy": -11, "limit": _LABEL},
                "encoding": {"x": {"value": 0}, "text": {"field": "label", "type": "nominal"}},
            },
        ],
    }


def funnel(rows: Sequence[Row], width: int) -> Spec:
    """Return bars, one below the other: `row`, `number`, `label`, and of whom: `of`."""
    across: Spec = {
        "field": "number",
        "type": "quantitative",
        "axis": None,
        "scale": {"type": "sqrt"},
    }
    colours = {"Microsoft's books": "second", "leads": "first"}
    told = {of: colour for of, colour in colours.items() if any(row["of"] == of for row in rows)}
    colour: Spec = {"field": "of", "type": "nominal", "scale": scale(told)}
    if len(told) == 1:
        colour["legend"] = None
    return {"data": values(rows), "width": width - 20, **_bars(across, colour)}


def series(rows: Sequence[Row], colours: dict[str, str], width: int, title: str) -> Spec:
    """Return lines over time: `at`, `number`, and which: `what`; each has a shape of its own."""
    return {
        "data": values(rows),
        "width": width - 60,
        "height": 200,
        "mark": {"type": "line", "point": {"size": 45, "filled": True}, "strokeWidth": 2},
        "encoding": {
            "x": _over_time(rows),
            "y": {"field": "number", "type": "quantitative", "title": title, "axis": _WHOLE},
            "color": {"field": "what", "type": "nominal", "scale": scale(colours)},
            "shape": {"field": "what", "type": "nominal", "scale": {"domain": [*colours]}},
            "strokeDash": {"field": "what", "type": "nominal", "scale": {"domain": [*colours]}},
        },
    }


_WHOLE: Final[Spec] = {"tickMinStep": 1, "format": "~s"}


def _over_time(rows: Sequence[Row]) -> Spec:
    """Return the axis of periods, by their first days: `at`, shown as `day`.

    It knows no time zone: that of who draws would move a day to the one before.
    """
    shown = {str(row["at"]): row["day"] for row in rows}
    axis = {"labelExpr": f"{json.dumps(shown)}[datum.label]", "labelAngle": 0}
    overlap: Spec = {"labelOverlap": "parity", "labelSeparation": 12, "labelFlush": False}
    return {"field": "at", "type": "ordinal", "title": None, "axis": {**axis, **overlap}}


_MARKS: Final = (0, 1, 4, 12, 24, 72, 168, 336, 720, 2160)
"""Hours that people think in: up to a day, then three days, weeks, months."""


def _hours(most: float) -> Spec:
    """Return the scale of hours up to *most*, on which one hour and one week can both be read."""
    if most < 1:
        unit, many = ("min", 60) if most * 60 >= 1 else ("s", 3600)
        told = f"format(datum.value * {many}, '.2~f') + ' {unit}'"
        return {"title": None, "axis": {"labelExpr": told}}
    marks = [hours for hours in _MARKS if hours <= most]
    told = "datum.value > 24 ? datum.value / 24 + ' d' : datum.value + ' h'"
    scale: Spec = {"type": "symlog", "domain": [0, most], "nice": False}
    return {"title": None, "scale": scale, "axis": {"values": marks, "labelExpr": told}}


def speed(rows: Sequence[Row], width: int) -> Spec:
    """Return how long it took: a bar from the median to nine of ten, by period: `at`."""
    within = _hours(max(float(str(row["p90"])) for row in rows))
    median: Spec = {"field": "median", "type": "quantitative", **within}
    dots: Spec = {"filled": True, "size": 60, "opacity": 1}
    return {
        "data": values(rows),
        "width": width - 60,
        "height": 180,
        "encoding": {"x": _over_time(rows)},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": "var(--soft)"},
                "encoding": {"y": median, "y2": {"field": "p90"}},
            },
            {
                "transform": [
                    {"fold": ["median", "p90"], "as": ["which", "hours"]},
                    {"calculate": "datum.which == 'p90' ? '9 of 10' : 'half'", "as": "what"},
                ],
                "mark": {"type": "point", **dots},
                "encoding": {
                    "y": {"field": "hours", "type": "quantitative", **within},
                    "color": {
                        "field": "what",
                        "type": "nominal",
                        "scale": scale({"half": "first", "9 of 10": "second"}),
                    },
                    "shape": {
                        "field": "what",
                        "type": "nominal",
                        "scale": {"domain": ["half", "9 of 10"]},
                    },
                },
            },
        ],
    }


def targets(rows: Sequence[Row], width: int) -> Spec:
    """Return bars as a share of their targets, whose mark is 100 %: `row`, `share`, `label`."""
    most = max([1.25, *(float(str(row["share"])) * 1.05 for row in rows)])
    across: Spec = {
        "field": "share",
        "type": "quantitative",
        "title": "share of the target",
        "scale": {"domain": [0, most]},
        "axis": {"format": ".0%", "tickCount": max(2, width // 120), "grid": False},
    }
    mark: Spec = {"type": "tick", "color": "var(--ink)", "thickness": 3, "size": 26, "yOffset": 8}
    line: Spec = {"mark": mark, "encoding": {"x": {"datum": 1}}}
    colour: Spec = {"value": "var(--first)"}
    return {"data": values(rows), "width": width - 20, **_bars(across, colour, line)}
