"""Telemetry: metrics and spans are made of events, as the data says, and of nothing else."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any, Final

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    InMemoryMetricReader,
    MetricExportResult,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from leadshare.telemetry import exporters
from leadshare.telemetry import recorder as telemetry
from leadshare.telemetry.metrics import METRICS
from leadshare.telemetry.recorder import Recorder
from leadshare.telemetry.signals import EVENTS, SPAN_SHARE, SPANS, STANDING
from tests.builders import TRACE
from tests.infra.kusto import logged

PERSONAL = ("lead", "touch", "referral", "trace", "version", "attempt", "fault", "note")
"""Facts of one lead, or without bound: no metric may be split by them."""


class Collected:
    """What a recorder has made."""

    def __init__(self) -> None:
        self.reader, self.spans = InMemoryMetricReader(), InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.log = logging.Logger("leadshare.test")  # noqa: LOG001 - one that nobody else hears
        self.log.addHandler(Recorder(MeterProvider([self.reader]), tracers))

    def tell(self, event: str, **facts: Any) -> None:
        """Log an event, with nothing for each fact that the test does not name."""
        told = dict.fromkeys(EVENTS[event]) | {"trace": "", "milliseconds": 0}
        self.log.info(event, extra={**told, "waited_ms": 0, **facts})

    def values(self, name: str) -> dict[tuple[Any, ...], float]:
        """The values of a metric by its attributes' values."""
        found = self.reader.get_metrics_data()
        return {
            tuple((point.attributes or {}).values()): getattr(
                point, "value", getattr(point, "sum", 0)
            )
            for resource in (found.resource_metrics if found else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        }


@pytest.fixture(name="collected")
def _collected() -> Collected:
    return Collected()


class TestData:
    def test_events(self):
        """The events that are said to be logged are exactly those that the code names."""
        assert {*EVENTS} == logged()

    @pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
    def test_metric(self, metric):
        """A metric is about an event and facts that are logged, is described, and names no lead."""
        facts = (*STANDING, "destination") if metric.of_lanes else EVENTS[metric.event]
        asked = {*metric.by, metric.value, *(metric.where or ())[:1]} - {""}

        assert asked <= {*facts}
        assert not {*metric.by} & {*PERSONAL}
        assert metric.description.endswith(".")
        assert metric.name.startswith("leadshare.")

    def test_names(self):
        """No two metrics have one name."""
        assert len(METRICS) == len({metric.name for metric in METRICS})

    @pytest.mark.parametrize("event", SPANS)
    def test_span(self, event):
        """An event that is a span tells its trace and how long it took."""
        assert {"trace", SPANS[event][1]} <= {*EVENTS[event]}


class TestMetrics:
    def test_counter(self, collected):
        """A counter counts the events that it is about, split by its facts, and no others."""
        told = {"storefront": "appsource", "lead_category": "normal", "stage": "sales_ready"}
        for new in (True, True, False):
            collected.tell("touch.classified", new=new, score=40, **told)

        assert {("appsource", "normal", "sales_ready"): 2} == collected.values("leadshare.leads")
        assert {("appsource", "sales_ready"): 80} == collected.values("leadshare.lead.score")

    def test_gauge(self, collected):
        """A gauge tells the last value, of each destination its own, and none where none is
        known.
        """
        for name, due, left in (("crm", 3, None), ("crm", 2, None), ("other", 0, 7)):
            stands = {"due": due, "left": left, "stopped": due > 0}
            collected.tell("tick.done", lanes={name: dict.fromkeys(STANDING) | stands})

        assert {("crm",): 2, ("other",): 0} == collected.values("leadshare.due")
        assert {("other",): 7} == collected.values("leadshare.budget.left")
        assert {("crm",): 1, ("other",): 0} == collected.values("leadshare.lane.stopped")

    def test_others(self, collected):
        """An event that no metric is about makes none."""
        collected.tell("touch.taken", status=202)

        found = collected.reader.get_metrics_data()
        assert found is None or [] == found.resource_metrics


class TestSpans:
    def test_in_its_trace(self, collected):
        """A span goes on with the trace of the POST, and lasted as long as the event says."""
        collected.tell(
            "delivery.attempted", trace=TRACE, milliseconds=250, outcome="accepted", destination="c"
        )

        [span] = collected.spans.get_finished_spans()
        assert TRACE.split("-")[1:3] == [
            f"{span.context.trace_id:032x}",
            f"{span.parent.span_id:016x}",
        ]
        assert 250_000_000 == span.end_time - span.start_time
        assert "accepted" == span.attributes["leadshare.outcome"]

    @pytest.mark.parametrize(
        ("outcome", "failed"), [("accepted", False), ("deferred", True), ("rejected", True)]
    )
    def test_failed(self, collected, outcome, failed):
        """The span of an attempt that did not get there is a failed one."""
        collected.tell("delivery.attempted", outcome=outcome)

        [span] = collected.spans.get_finished_spans()
        assert failed is (span.status.status_code is StatusCode.ERROR)

    def test_no_attempt(self, collected):
        """The span of what has no outcome did not fail."""
        collected.tell("touch.classified")

        [span] = collected.spans.get_finished_spans()
        assert span.status.is_unset

    def test_without_trace(self, collected):
        """Where no trace is known, the span is a trace of its own."""
        collected.tell("delivery.attempted", trace="")

        [span] = collected.spans.get_finished_spans()
        assert span.parent is None


class TestFaults:
    def test_go_no_further(self, collected, monkeypatch):
        """What goes wrong in telemetry does not stop what is told of."""
        monkeypatch.setattr(logging, "raiseExceptions", False)

        collected.log.info("tick.done", extra={"lanes": {"crm": {}}})

        assert {} == collected.values("leadshare.due")


class TestInstall:
    @pytest.fixture(autouse=True, name="handlers")
    def _handlers(self) -> Iterator[None]:
        """The handlers of our logger, as they were."""
        logger = logging.getLogger("leadshare")
        before = logger.handlers[:]
        logger.handlers = [one for one in before if not isinstance(one, Recorder)]
        yield
        logger.handlers = before

    def test_once(self):
        """Installed twice, events are recorded once."""
        telemetry.install({})
        telemetry.install({})

        handlers = logging.getLogger("leadshare").handlers
        assert 1 == sum(isinstance(one, Recorder) for one in handlers)

    def test_nothing_exports(self):
        """Where the platform sets up nothing, recording does nothing and costs no error."""
        telemetry.install({})
        [recorder] = [
            one for one in logging.getLogger("leadshare").handlers if isinstance(one, Recorder)
        ]

        recorder.handle(
            logging.makeLogRecord(
                {"msg": "delivery.attempted", "destination": "crm", "outcome": "accepted"}
                | {"reason": "", "milliseconds": 1, "since_touch_ms": 1, "trace": TRACE}
            )
        )

    @pytest.mark.parametrize(
        ("told", "exports"),
        [
            pytest.param({}, False, id="not-told"),
            pytest.param({"APPLICATIONINSIGHTS_CONNECTION_STRING": ""}, False, id="empty"),
            pytest.param({"APPLICATIONINSIGHTS_CONNECTION_STRING": "x"}, True, id="told"),
        ],
    )
    def test_exports(self, monkeypatch, told, exports):
        """Exporters are set up only where the platform says where to export to."""
        made: list[bool] = []
        monkeypatch.setattr(telemetry, "_export", lambda: made.append(True))

        telemetry.install(told)

        assert [True] * exports == made

    def test_export_fails(self, monkeypatch, caplog):
        """Where the exporters cannot be set up, the app goes on, and one line says so."""
        monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", "not one")

        telemetry.install(os.environ)

        [line] = [one for one in caplog.records if one.msg == "telemetry.failed"]
        assert line.levelname == "WARNING"

    def test_sent(self, monkeypatch):
        """What is recorded is sent under our name, and nothing of it is ever left on a disk."""
        spans, sent, set_up = InMemorySpanExporter(), list[Any](), dict[str, Any]()

        class Metrics(ConsoleMetricExporter):
            def export(self, metrics_data: Any, *_: Any, **__: Any) -> MetricExportResult:
                sent.append(metrics_data)
                return MetricExportResult.SUCCESS

        def made(exporter: Any) -> Any:
            def make(*, disable_offline_storage: bool) -> Any:
                assert disable_offline_storage
                return exporter

            return make

        monkeypatch.setattr(exporters, "AzureMonitorTraceExporter", made(spans))
        monkeypatch.setattr(exporters, "AzureMonitorMetricExporter", made(Metrics()))
        for module, name in ((trace, "set_tracer_provider"), (metrics, "set_meter_provider")):
            monkeypatch.setattr(module, name, partial(set_up.__setitem__, name))
        exporters.export.__wrapped__()
        meters, tracers = set_up["set_meter_provider"], set_up["set_tracer_provider"]
        facts = dict.fromkeys(EVENTS["delivery.attempted"]) | {"milliseconds": 0, "waited_ms": 0}
        facts |= {"outcome": "deferred", "trace": TRACE, "destination": "crm"}

        Recorder(meters, tracers).handle(
            logging.makeLogRecord({"msg": "delivery.attempted", **facts})
        )
        for provider in (meters, tracers):
            provider.shutdown()

        found = [*spans.get_finished_spans(), *sent[0].resource_metrics]
        assert len(found) >= 2
        assert {exporters.NAME} == {one.resource.attributes["service.name"] for one in found}


TRACES: Final = [sha256(str(number).encode()).hexdigest()[:32] for number in range(2000)]


class Sampled:
    """Records spans as they are sampled in Azure, of 2,000 traces with the same facts."""

    def __init__(self, event: str, **facts: Any) -> None:
        spans, tracers = InMemorySpanExporter(), TracerProvider(sampler=exporters.Kept())
        tracers.add_span_processor(SimpleSpanProcessor(spans))
        recorder = Recorder(MeterProvider(), tracers)
        for identity in TRACES:
            told = dict.fromkeys(EVENTS[event]) | {"milliseconds": 0, "waited_ms": 0} | facts
            told["trace"] = f"00-{identity}-b7ad6b7169203331-00"  # as Azure has it: not sampled
            recorder.handle(logging.makeLogRecord({"msg": event} | told))
        self.kept = spans.get_finished_spans()
        self.traces = {f"{one.context.trace_id:032x}" for one in self.kept}


class TestSampled:
    def test_share(self):
        """A tenth of traces is kept, and each of its spans says of how many it is one."""
        sampled = Sampled("touch.classified")

        assert SPAN_SHARE == pytest.approx(len(sampled.kept) / 2000, abs=0.03)
        assert {100 * SPAN_SHARE} == {
            (one.attributes or {})["_MS.sampleRate"] for one in sampled.kept
        }

    def test_whole(self):
        """Of a trace that is kept, each span is, whichever process has it."""
        done = {"outcome": "accepted", "destination": "crm"}
        classified = Sampled("touch.classified")

        assert classified.traces == Sampled("delivery.attempted", **done).traces
        assert classified.traces == Sampled("delivery.looked_up", **done).traces

    @pytest.mark.parametrize("outcome", ["deferred", "rejected"])
    def test_failed(self, outcome):
        """Of what failed every span is kept, and counts as one."""
        sampled = Sampled("delivery.attempted", outcome=outcome, destination="crm")

        assert {*TRACES} == sampled.traces
        assert not any("_MS.sampleRate" in (one.attributes or {}) for one in sampled.kept)
