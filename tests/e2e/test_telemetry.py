"""Telemetry over OTLP: one trace from the POST to the CRM, and every metric that it makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from leadshare.signals import METRICS
from tests import builders
from tests.e2e import sink
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.e2e.test_flow import CONFIGURATION, serving

UNSEEN: Final = {
    "leadshare.landing.failures",
    "leadshare.parked",
    "leadshare.quarantined",
    "leadshare.budget.left",
    "leadshare.duplicates",
    "leadshare.proven.age",
}
"""What one new lead that is delivered, to a webhook without a budget, does not make."""


class Receiver(ThreadingHTTPServer):
    """An OTLP receiver on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Any]:
        """All spans that have come."""
        return [
            span
            for path, body in list(self.bodies)
            if path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> dict[str, Any]:
        """The metrics that have come, as they came last."""
        return {
            metric.name: metric
            for path, body in list(self.bodies)
            if path == "/v1/metrics"
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


class Handler(BaseHTTPRequestHandler):
    """Keeps a body and says yes."""

    server: Receiver

    def do_POST(self) -> None:
        """Take one export."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies.append((self.path, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(name="post")
def _post(
    receiver: Receiver, new_account: Callable[[], str], tmp_path: Path
) -> Iterator[Callable[[], None]]:
    """Posts a lead to a host that exports, with a CRM that takes what it is sent."""
    with sink.running(Script()) as crm, sink.running(Script()) as closing:
        file = tmp_path / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url))
        settings = quick(new_account(), file) | {
            "HOOK": KEY,
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }
        with serving(settings, tmp_path / "host.log") as (_, web):

            def post() -> None:
                web.post("leads", json=builders.post()).raise_for_status()

            yield post


def test_one_trace(receiver, post):
    """
    The POST, its classification and its delivery are spans of one trace, in their order in time.
    """
    post()
    names = ["take_touch", "touch.classified", "delivery.attempted"]
    until(lambda: {*names} <= {span.name for span in receiver.spans()})

    taken, classified, attempted = (
        next(span for span in receiver.spans() if span.name == name) for name in names
    )
    assert taken.trace_id == classified.trace_id == attempted.trace_id
    assert taken.span_id == classified.parent_span_id == attempted.parent_span_id
    assert taken.start_time_unix_nano <= attempted.end_time_unix_nano
    told = {one.key: one.value.string_value for one in attempted.attributes}
    assert ("crm", "accepted") == (told["leadshare.destination"], told["leadshare.outcome"])


def test_metrics(receiver, post):
    """
    Every metric that a delivered lead makes comes, as it is described, and names no person.
    """
    expected = {metric.name: metric for metric in METRICS if metric.name not in UNSEEN}
    post()
    until(lambda: expected.keys() <= receiver.metrics().keys())

    for name, metric in receiver.metrics().items():
        assert (expected[name].unit, expected[name].description) == (
            metric.unit,
            metric.description,
        )
    sent = b"".join(body for _, body in receiver.bodies)
    assert [] == [one for one in builders.PERSON.values() if one.encode() in sent and one != "DE"]
