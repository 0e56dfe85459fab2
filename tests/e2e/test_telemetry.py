"""Exported telemetry: one trace from the POST to the CRM, and every metric that it makes."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from leadshare.telemetry import exporters
from leadshare.telemetry.metrics import METRICS
from leadshare.telemetry.signals import SPANS
from tests import builders
from tests.e2e import sink
from tests.e2e.flow import CONFIGURATION, serving
from tests.e2e.process import quick, until
from tests.e2e.sink import KEY, Script
from tests.infra.test_settings import in_bicep

UNSEEN: Final = {
    "leadshare.look_up.failures",
    "leadshare.parked",
    "leadshare.quarantined",
    "leadshare.leads.unrouted",
    "leadshare.budget.left",
    "leadshare.duplicates",
    "leadshare.proven.age",
}
"""What one new lead that is delivered, to a webhook without a budget, does not make."""


COLLECTOR: Final = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "{url}",
    "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
}
INSIGHTS: Final = {
    name: value
    for name, value in in_bicep().items()
    if name.startswith(("APPLICATIONINSIGHTS_", "OTEL_")) and "AUTHENTICATION" not in name
} | {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": (
        "InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint={url}/"
    )
}
"""As in Azure, but that nobody signs in: a token goes over TLS only."""


class Receiver(ThreadingHTTPServer):
    """A receiver of OTLP, and of Application Insights, on loopback that keeps what it is sent."""

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

    def items(self) -> list[Any]:
        """The items that have come for Application Insights."""
        sent = [body for path, body in list(self.bodies) if path.endswith("/track")]
        return [item for body in sent for item in json.loads(body)]


class Handler(BaseHTTPRequestHandler):
    """Keeps a body and says yes."""

    server: Receiver

    def do_POST(self) -> None:
        """Take one export."""
        body = self.rfile.read(int(self.headers["content-length"]))
        zipped = self.headers.get("content-encoding") == "gzip"
        self.server.bodies.append((self.path, gzip.decompress(body) if zipped else body))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

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


@pytest.fixture(name="to")
def _to() -> Mapping[str, str]:
    """The settings that say where to export to; a test may have others."""
    return COLLECTOR


@pytest.fixture(name="post")
def _post(
    receiver: Receiver, to: Mapping[str, str], new_account: Callable[[], str], tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """Posts a lead to a host that exports, with a CRM that takes what it is sent."""
    with sink.running(Script()) as crm, sink.running(Script()) as closing:
        file = tmp_path / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url))
        settings = quick(new_account(), file) | {
            "HOOK": KEY,
            **{name: value.format(url=receiver.url) for name, value in to.items()},
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }
        with serving(settings, tmp_path / "host.log") as (_, web):

            def post(**changes: str) -> None:
                web.post("leads", json=builders.post(**changes)).raise_for_status()

            yield post


def test_one_trace(receiver, post):
    """The POST, its classification and its delivery are spans of one trace, in their order in
    time.
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
    """Every metric that a delivered lead makes comes, as it is described, and names no person."""
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


@pytest.mark.parametrize("to", [pytest.param(INSIGHTS, id="application-insights")])
class TestApplicationInsights:
    def test_one_trace(self, receiver, post, tmp_path):
        """In Azure, too, classification and delivery are parts of the operation that the POST
        began.
        """
        operation, parent = post_kept(post, tmp_path / "host.log")
        wanted = {"touch.classified": "RequestData", "delivery.attempted": "RemoteDependencyData"}
        found = until(lambda: _named(receiver.items(), wanted), 30)

        assert wanted == {name: item["data"]["baseType"] for name, item in found.items()}
        for item in found.values():
            assert operation == item["tags"]["ai.operation.id"]
            assert parent == item["tags"]["ai.operation.parentId"]

    def test_nothing_else(self, receiver, post, tmp_path):
        """What comes are our metrics and spans: no line again, no call of a library, no person."""
        names = {metric.name for metric in METRICS}
        wanted = {"MetricData", "RequestData", "RemoteDependencyData"}

        def kinds() -> set[str]:
            return {item["data"]["baseType"] for item in receiver.items()}

        post_kept(post, tmp_path / "host.log")
        until(lambda: names - UNSEEN <= _metrics(receiver.items()) and wanted <= kinds(), 30)

        spans = {item["data"]["baseData"].get("name") for item in receiver.items()} - {None}
        assert wanted == kinds()
        assert {*SPANS} >= spans
        assert names >= _metrics(receiver.items())
        sent = b"".join(body for _, body in receiver.bodies)
        assert [] == [
            one for one in builders.PERSON.values() if one.encode() in sent and one != "DE"
        ]
        for line in _lines(tmp_path / "host.log"):
            if "touch.classified" in line:
                assert line.startswith('{"event":"touch.classified"')


def post_kept(post: Callable[..., None], log: Path) -> tuple[str, str]:
    """Post leads until the trace of one is among those that are kept; return its ids."""
    sampler = exporters.Kept()
    for number in range(300):
        post(Email=f"buyer-{number}@fabrikam.example")
        told = [json.loads(line)["trace"] for line in _lines(log) if "touch.taken" in line][-1]
        _, operation, parent, _ = told.split("-")
        if sampler.should_sample(
            None, int(operation, 16), "touch.classified"
        ).decision.is_sampled():
            return operation, parent
    raise AssertionError("no trace is kept")


def _named(items: Sequence[Any], names: Collection[str]) -> dict[str, Any]:
    """The items that have one of *names*, once all are there."""
    found = {item["data"]["baseData"].get("name"): item for item in items}
    return {name: found[name] for name in names} if found.keys() >= {*names} else {}


def _metrics(items: Sequence[Any]) -> set[str]:
    """The names of the metrics among *items*."""
    told = (item["data"]["baseData"] for item in items)
    return {metric["name"] for data in told for metric in data.get("metrics", ())}


def _lines(log: Path) -> list[str]:
    """The lines that the app has logged."""
    return [line for line in log.read_text().splitlines() if line.startswith("{")]
