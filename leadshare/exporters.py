"""Outside: send metrics and spans to Application Insights, where the platform says that it is.

Log lines take another way, through the host, so that neither needs the other nor repeats it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from azure.monitor.opentelemetry.exporter import (
    AzureMonitorMetricExporter,
    AzureMonitorTraceExporter,
)
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

NAME: Final = "leadshare"
"""What our part of the app is called in a trace, beside the host's."""


@cache
def export() -> None:
    """Export what is recorded from now on, once per process; the exporters ask where and as whom.

    Only what we record: no library is instrumented, for a URL may hold a key or an address.
    """
    resource = Resource.create({SERVICE_NAME: NAME})
    # Azure marks traces as not sampled, and keeps them (open-telemetry/opentelemetry-js#3057).
    tracers = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    spans = AzureMonitorTraceExporter(disable_offline_storage=True)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(disable_offline_storage=True))
    trace.set_tracer_provider(tracers)
    metrics.set_meter_provider(MeterProvider([reader], resource=resource))
