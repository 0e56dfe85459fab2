"""Local host: give each invocation a trace, and export if OpenTelemetry's settings ask."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@contextmanager
def unexported(_function: str) -> Iterator[str]:
    """Give a traceparent, as the real host does whether anything is exported or not.

    Azure says that it is not sampled (open-telemetry/opentelemetry-js#3057), whatever it keeps.
    """
    yield f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


class Tracing:
    """How invocations are traced: by itself, they only have a traceparent."""

    def __init__(self) -> None:
        self.of: Callable[[str], AbstractContextManager[str]] = unexported

    @contextmanager
    def exporting(self, settings: Mapping[str, str], service: str) -> Iterator[None]:
        """Make every invocation a span and export it, if the settings say where to."""
        if not settings.get(ENDPOINT):
            yield
            return
        from . import exporters  # noqa: PLC0415  # only a developer who asks for it waits for it

        self.of = exporters.span
        try:
            with exporters.exporting(service):
                yield
        finally:
            self.of = unexported


TRACING = Tracing()
"""This process's tracing, as OpenTelemetry's providers are the process's."""
