"""Local host: what host.json may say: a reader for each value that the host takes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from leadshare.local.host.errors import HostError
from leadshare.local.host.settings.configuration import JOB_HOST, Configuration
from leadshare.local.host.settings.dotnet import (
    INT_MAX,
    TIMESPAN_MAX,
    Reader,
    nullable,
    one_of,
    to_bool,
    to_double,
    to_int,
    to_timespan,
    within,
)

Table = Mapping[str, Reader]

SECOND, MINUTE, TICK = timedelta(seconds=1), timedelta(minutes=1), timedelta(microseconds=1)
LEASE = within(to_timespan, 15 * SECOND, 60 * SECOND, "from 15 to 60 seconds")
SHARE = within(to_double, 1e-6, 1 - 1e-6, "between 0 and 1")
UNBOUNDED = -1

HTTP: Table = {
    "routePrefix": str,
    "dynamicThrottlesEnabled": to_bool,
    "enableChunkedRequestBinding": to_bool,
    "maxOutstandingRequests": to_int,
    "maxConcurrentRequests": to_int,
}
HSTS: Table = {
    "isEnabled": to_bool,
    "includeSubDomains": to_bool,
    "preload": to_bool,
    "maxAge": to_timespan,
}
QUEUES: Table = {
    "batchSize": within(to_int, 1, 32, "from 1 to 32"),
    "newBatchThreshold": within(to_int, 0, INT_MAX, "0 or more"),
    "maxPollingInterval": within(to_timespan, SECOND / 10, TIMESPAN_MAX, "00:00:00.1 or more"),
    "visibilityTimeout": to_timespan,
    "maxDequeueCount": within(to_int, 1, INT_MAX, "1 or more"),
    "messageEncoding": one_of("None", "Base64"),
}
RETRY: Table = {
    "strategy": one_of("ExponentialBackoff", "FixedDelay"),
    "maxRetryCount": nullable(within(to_int, -1, INT_MAX, "-1 or more")),
    "delayInterval": nullable(to_timespan),
    "minimumInterval": nullable(to_timespan),
    "maximumInterval": nullable(to_timespan),
}
HOST: Table = {
    "functionTimeout": nullable(to_timespan),
    "fileWatchingEnabled": to_bool,
    "fileLoggingMode": one_of("Never", "Always", "DebugOnly"),
    "sendCanceledInvocationsToWorker": to_bool,
    "metadataProviderTimeout": within(
        to_timespan, timedelta(), timedelta(milliseconds=2**32 - 2), "from 0 to 49 days"
    ),
    "isSelfHost": to_bool,
    "isFileSystemReadOnly": to_bool,
    "isStandbyConfiguration": to_bool,
    "isDefaultHostConfig": to_bool,
    "managedDependency:enabled": to_bool,
    "logging:fileLoggingMode": nullable(one_of("Never", "Always", "DebugOnly")),
    "logging:console:isEnabled": to_bool,
    "aggregator:isEnabled": to_bool,
    "aggregator:batchSize": within(to_int, 1, 10000, "from 1 to 10000"),
    "aggregator:flushTimeout": within(
        to_timespan, TICK, 5 * MINUTE, "over 0 and at most 5 minutes"
    ),
    "concurrency:dynamicConcurrencyEnabled": to_bool,
    "concurrency:snapshotPersistenceEnabled": to_bool,
    "concurrency:maximumFunctionConcurrency": to_int,
    "concurrency:cpuThreshold": SHARE,
    "singleton:lockPeriod": LEASE,
    "singleton:listenerLockPeriod": LEASE,
    "singleton:lockAcquisitionTimeout": within(to_timespan, TICK, TIMESPAN_MAX, "over 0"),
    "singleton:lockAcquisitionPollingInterval": within(
        to_timespan, SECOND / 2, TIMESPAN_MAX, "half a second or more"
    ),
    "singleton:listenerLockRecoveryPollingInterval": within(
        to_timespan, 15 * SECOND, TIMESPAN_MAX, "15 seconds or more"
    ),
    "scale:scaleMetricsMaxAge": within(to_timespan, MINUTE, 5 * MINUTE, "from 1 to 5 minutes"),
    "scale:scaleMetricsSampleInterval": within(
        to_timespan, SECOND, 30 * SECOND, "from 1 to 30 seconds"
    ),
    "scale:metricsPurgeEnabled": to_bool,
    "scale:isTargetScalingEnabled": to_bool,
    "scale:isRuntimeScalingEnabled": to_bool,
}
SAMPLING: Table = {
    "isEnabled": to_bool,
    **dict.fromkeys(
        (
            "maxTelemetryItemsPerSecond",
            "initialSamplingPercentage",
            "minSamplingPercentage",
            "maxSamplingPercentage",
            "movingAverageRatio",
        ),
        to_double,
    ),
    **dict.fromkeys(
        (
            "evaluationInterval",
            "samplingPercentageDecreaseTimeout",
            "samplingPercentageIncreaseTimeout",
        ),
        to_timespan,
    ),
}
SNAPSHOTS: Table = {
    **dict.fromkeys(
        (
            "isEnabled",
            "isEnabledInDeveloperMode",
            "isEnabledWhenProfiling",
            "isLowPrioritySnapshotUploader",
            "provideAnonymousTelemetry",
            "snapshotInLowPriorityThread",
        ),
        to_bool,
    ),
    **dict.fromkeys(
        (
            "failedRequestLimit",
            "maximumCollectionPlanSize",
            "maximumSnapshotsRequired",
            "snapshotsPerDayLimit",
            "snapshotsPerTenMinutesLimit",
            "thresholdForSnapshotting",
        ),
        to_int,
    ),
    **dict.fromkeys(("problemCounterResetInterval", "reconnectInterval"), to_timespan),
}
APPLICATION_INSIGHTS: Table = {
    **dict.fromkeys(
        (
            "enablePerformanceCountersCollection",
            "enableLiveMetrics",
            "enableDependencyTracking",
            "enableLiveMetricsFilters",
            "enableQueryStringTracing",
            "enableAutocollectedMetricsExtractor",
            "enableMetricsCustomDimensionOptimization",
            "enableAdaptiveSamplingDelay",
            "httpAutoCollectionOptions:enableHttpTriggerExtendedInfoCollection",
            "httpAutoCollectionOptions:enableW3CDistributedTracing",
            "httpAutoCollectionOptions:enableResponseHeaderInjection",
            "dependencyTrackingOptions:disableRuntimeInstrumentation",
            "dependencyTrackingOptions:disableDiagnosticSourceInstrumentation",
            "dependencyTrackingOptions:enableLegacyCorrelationHeadersInjection",
            "dependencyTrackingOptions:enableRequestIdHeaderInjectionInW3CMode",
            "dependencyTrackingOptions:enableSqlCommandTextInstrumentation",
            "dependencyTrackingOptions:setComponentCorrelationHttpHeaders",
            "dependencyTrackingOptions:enableAzureSdkTelemetryListener",
        ),
        to_bool,
    ),
    **dict.fromkeys(
        (
            "liveMetricsInitializationDelay",
            "quickPulseInitializationDelay",
            "adaptiveSamplingInitializationDelay",
        ),
        to_timespan,
    ),
    "diagnosticsEventListenerLogLevel": nullable(
        one_of("LogAlways", "Critical", "Error", "Warning", "Informational", "Verbose")
    ),
    **{f"samplingSettings:{name}": reader for name, reader in SAMPLING.items()},
    **{f"snapshotConfiguration:{name}": reader for name, reader in SNAPSHOTS.items()},
}
LEVEL = nullable(one_of("Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"))


def bind(
    configuration: Configuration, section: str, table: Table, status: int = 503
) -> dict[str, Any]:
    """Read the values that *section* has; one that cannot be read keeps the host from starting."""
    values: dict[str, Any] = {}
    for name, read in table.items():
        path = f"{JOB_HOST}:{section}:{name}" if section else f"{JOB_HOST}:{name}"
        text = configuration.get(path)
        if text is None:
            continue
        try:
            values[name] = read(text)
        except ValueError as error:
            raise HostError(f"{path}: {error}", status) from error
    return values


def bind_levels(configuration: Configuration) -> None:
    """Read the log levels: those for all kinds of logs, and those for one kind."""
    for path, text in configuration.under(f"{JOB_HOST}:logging").items():
        names = path.split(":")
        if "loglevel" in (names[0], *names[1:-1][:1]) and names[-1:] != names[:1]:
            try:
                LEVEL(text)
            except ValueError as error:
                raise HostError(f"{JOB_HOST}:logging:{path}: {error}") from error
