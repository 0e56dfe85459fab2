"""Telemetry: send metrics and spans to Application Insights, where the platform says that it is.

Log lines take another way, through the host, so that neither needs the other nor repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from azure.monitor.opentelemetry.exporter import (
    ApplicationInsightsSampler,
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from leadshare.telemetry.signals import DONE, SPAN_SHARE

NAME: Final = "leadshare"
"""What our part of the app is called in a trace, beside the host's."""


class Kept(Sampler):
    """Keeps a share of traces whole, whoever asks, and every span of what failed.

    By the trace's id alone, as Application Insights itself does, so that all processes agree; each
    span says of how many it is one. Azure marks every trace as not sampled
    (open-telemetry/opentelemetry-js#3057), so that nobody goes by that.
    """

    def __init__(self) -> None:
        self._share = ApplicationInsightsSampler(SPAN_SHARE)

    def should_sample(  # noqa: PLR0913, PLR0917 - as OpenTelemetry has it
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Say whether the span that begins is kept."""
        known = dict(attributes or {})  # the share's sampler writes into what it gets
        sampler = self._share if known.get(f"{NAME}.outcome", DONE) == DONE else ALWAYS_ON
        return sampler.should_sample(
            parent_context, trace_id, name, kind, known, links, trace_state
        )

    def get_description(self) -> str:
        """Say what this is, as OpenTelemetry asks of each sampler."""
        return f"Kept({SPAN_SHARE})"


@cache
def export() -> None:
    """Export what is recorded from now on, once per process; the exporters ask where and as whom.

    Only what we record: no library is instrumented, for a URL may hold a key or an address.
    """
    resource = Resource.create({SERVICE_NAME: NAME})
    tracers = TracerProvider(sampler=Kept(), resource=resource)
    spans = AzureMonitorTraceExporter(disable_offline_storage=True)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(disable_offline_storage=True))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider([reader], resource=resource))
