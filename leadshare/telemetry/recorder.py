"""Telemetry: metrics and spans through the OpenTelemetry API, made of the events that are logged.

Only the API is here, which does nothing until `exporters`, or `make run`, sets up an exporter.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from leadshare.errors import Unexpected
from leadshare.telemetry.metrics import METRICS, Metric
from leadshare.telemetry.signals import DONE, SPANS

NAME: Final = "leadshare"

log = logging.getLogger("leadshare.telemetry.recorder")

_KINDS: Final = {"client": SpanKind.CLIENT, "consumer": SpanKind.CONSUMER}


def install(environment: Mapping[str, str]) -> None:
    """Make metrics and spans of what is logged from now on; once per process.

    They are sent where *environment* says where to; log lines do not depend on that.
    """
    logger = logging.getLogger(NAME)
    if not any(isinstance(handler, Recorder) for handler in logger.handlers):
        logger.addHandler(Recorder())
    if environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        _export()


def _export() -> None:
    """Set up the exporters; what goes wrong with them must not stop the app."""
    try:
        from leadshare.telemetry.exporters import export  # noqa: PLC0415 - 0.15 s and 20 MB

        export()
    except Exception as error:  # noqa: BLE001 - see above
        log.warning("telemetry.failed", extra={"fault": str(Unexpected.of(error))})


class Recorder(logging.Handler):
    """Makes metrics and spans of each event that tells of them."""

    def __init__(
        self,
        meters: metrics.MeterProvider | None = None,
        tracers: trace.TracerProvider | None = None,
    ) -> None:
        super().__init__(logging.INFO)
        meter = metrics.get_meter(NAME, meter_provider=meters)
        self._tracer = trace.get_tracer(NAME, tracer_provider=tracers)
        self._records: dict[str, list[tuple[Metric, Record]]] = defaultdict(list)
        for metric in METRICS:
            self._records[metric.event].append((metric, _instrument(meter, metric)))

    def emit(self, record: logging.LogRecord) -> None:
        """Record one event; what goes wrong here must not stop what is told of."""
        facts = record.__dict__
        try:
            for metric, write in self._records.get(str(record.msg), ()):
                for one in _each(metric, facts):
                    _record(metric, write, one)
            if record.msg in SPANS:
                self._span(str(record.msg), facts)
        except Exception:  # noqa: BLE001 - as logging's own handlers do
            self.handleError(record)

    def _span(self, event: str, facts: Mapping[str, Any]) -> None:
        """Write the span that ends now, in the trace of the POST where one is known."""
        kind, duration = SPANS[event]
        end = time.time_ns()
        parent = TraceContextTextMapPropagator().extract({"traceparent": facts["trace"]})
        attributes = {f"{NAME}.{name}": facts[name] for name in _ATTRIBUTES if name in facts}
        start = end - facts[duration] * 1_000_000
        span = self._tracer.start_span(event, parent, _KINDS[kind], attributes, start_time=start)
        if facts.get("outcome", DONE) != DONE:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)


_ATTRIBUTES: Final = (
    *("touch", "lead", "storefront", "intent", "stage", "score", "waited_ms"),
    *("destination", "version", "attempt", "outcome", "reason", "status", "owed_ms"),
)
"""Facts that a span tells."""

Record = Callable[[float, Mapping[str, Any]], None]


def _instrument(meter: metrics.Meter, metric: Metric) -> Record:
    """Return what records a value of *metric*."""
    words = (metric.name, metric.unit, metric.description)
    if metric.kind == "counter":
        return meter.create_counter(*words).add
    if metric.kind == "gauge":
        return meter.create_gauge(*words).set
    return meter.create_histogram(*words).record


def _each(metric: Metric, facts: Mapping[str, Any]) -> Iterable[Mapping[str, object]]:
    """Return the facts of each thing that *metric* is told of."""
    if not metric.of_lanes:
        return (facts,)
    return ({**one, "destination": name} for name, one in facts["lanes"].items())


def _record(metric: Metric, write: Record, facts: Mapping[str, Any]) -> None:
    """Record what an event's *facts* say, if the metric is about such an event."""
    if metric.where and facts[metric.where[0]] != metric.where[1]:
        return
    value = facts[metric.value] if metric.value else 1
    if value is not None:
        write(float(value), {name: facts[name] for name in metric.by})
