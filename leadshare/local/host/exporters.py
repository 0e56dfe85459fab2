"""Local host: export traces and metrics over OTLP; imported only where settings ask."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


@contextmanager
def exporting(service: str) -> Iterator[None]:
    """Export what is recorded until the end of the block; where to, the SDK reads itself."""
    resource = Resource.create({SERVICE_NAME: service})
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    meters = MeterProvider([reader], resource=resource)
    metrics.set_meter_provider(meters)
    try:
        yield
    finally:
        tracers.shutdown()
        meters.shutdown()


@contextmanager
def span(function: str) -> Iterator[str]:
    """Give the traceparent of a span that lasts as long as the block."""
    carrier: dict[str, str] = {}
    tracer = trace.get_tracer(__name__)
    with tracer.start_as_current_span(function, kind=trace.SpanKind.SERVER):
        TraceContextTextMapPropagator().inject(carrier)
        yield carrier["traceparent"]
