"""What the host takes from host.json and the settings, and what it refuses."""

import json

import pytest

from leadshare.local.host.errors import HostError
from leadshare.local.host.settings import config
from leadshare.local.host.settings.configuration import Configuration, of_settings

QUEUES = "AzureFunctionsJobHost__extensions__queues__"


def read(folder, settings=(), **tree):
    """Read a host.json with these entries."""
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **tree}))
    return config.read_config(folder, dict(settings))


def nested(path, value):
    """Give the entry of host.json that has *value* at a.b.c."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


class TestReadConfig:
    def test_defaults(self, tmp_path):
        """Without entries the real host's values hold."""
        found = read(tmp_path)

        assert config.HttpOptions("api", -1, -1, 100 * 1024**2, homepage=True) == found.http
        assert 1800 == found.function_timeout
        assert config.QueueOptions(16, 8, 60, 0, 5, base64=True) == found.queues
        assert found.bundle is None
        assert frozenset() == found.functions

    def test_entries(self, tmp_path):
        """Every entry that this host knows is read."""
        queues = {
            "batchSize": 4,
            "newBatchThreshold": 3,
            "maxPollingInterval": "00:00:02",
            "visibilityTimeout": "00:01:30",
            "maxDequeueCount": 7,
            "messageEncoding": "None",
        }
        http = {"routePrefix": "", "maxOutstandingRequests": 20, "maxConcurrentRequests": 10}
        settings = {
            "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "5",
            "AzureWebJobsDisableHomepage": "True",
        }
        found = read(
            tmp_path,
            settings,
            functionTimeout="-1",
            extensions={"http": http, "queues": queues},
            functions=["One", "two"],
        )

        assert config.HttpOptions("", 20, 10, 5, homepage=False) == found.http
        assert found.function_timeout is None
        assert config.QueueOptions(4, 3, 2, 90, 7, base64=False) == found.queues
        assert frozenset({"one", "two"}) == found.functions

    def test_settings_win(self, tmp_path):
        """An app setting overrides an entry, in any case, as in Azure."""
        setting = (f"{QUEUES}BATCHSIZE".upper(), "2")
        found = read(tmp_path, [setting], extensions={"queues": {"batchSize": 4}})

        assert (2, 1) == (found.queues.batch_size, found.queues.new_batch_threshold)

    def test_plan(self, tmp_path):
        """The Consumption plan has a shorter functionTimeout, which has an end."""
        sku = [("WEBSITE_SKU", "Dynamic")]

        assert 300 == read(tmp_path, sku).function_timeout
        assert 600 == read(tmp_path, sku, functionTimeout="00:10:00").function_timeout
        for timeout in ("00:10:01", "-1"):
            with pytest.raises(HostError, match="less than 0:10:00"):
                read(tmp_path, sku, functionTimeout=timeout)

    @pytest.mark.parametrize("text", [None, "{}", "{ /* nothing */ }"])
    def test_nothing(self, tmp_path, text):
        """Without a host.json, or with an empty one, there is no bundle either."""
        if text is not None:
            (tmp_path / "host.json").write_text(text)
        found = config.read_config(tmp_path, {})

        assert "api" == found.http.route_prefix
        assert found.bundle is None


REFUSED = [
    ("functionTimeout", "5 minutes"),
    ("functionTimeout", "00:00:00"),
    ("functionTimeout", "00:00:00.999"),
    ("functionTimeout", "-00:05:00"),
    ("functionTimeout", 20000000),
    ("fileWatchingEnabled", "yes"),
    ("fileLoggingMode", "sometimes"),
    ("sendCanceledInvocationsToWorker", 1),
    ("metadataProviderTimeout", "30s"),
    ("metadataProviderTimeout", "-00:00:30"),
    ("managedDependency.enabled", "maybe"),
    ("extensions.http.maxOutstandingRequests", "many"),
    ("extensions.http.maxConcurrentRequests", 1.5),
    ("extensions.http.dynamicThrottlesEnabled", "on"),
    ("extensions.http.enableChunkedRequestBinding", ""),
    ("logging.fileLoggingMode", "debug"),
    ("logging.console.isEnabled", "1"),
    ("logging.logLevel.default", "Info"),
    ("logging.logLevel.Function.tick", "Verbose"),
    ("logging.logLevel.a:b", "x"),
    ("logging.applicationInsights.logLevel.default", "Loud"),
    ("logging.console.logLevel.default", "quiet"),
    ("logging.applicationInsights.samplingSettings.isEnabled", "yes"),
    ("logging.applicationInsights.samplingSettings.maxTelemetryItemsPerSecond", "many"),
    ("logging.applicationInsights.samplingSettings.evaluationInterval", "1 hour"),
    ("logging.applicationInsights.samplingSettings.movingAverageRatio", None),
    ("logging.applicationInsights.enableLiveMetrics", "x"),
    ("logging.applicationInsights.liveMetricsInitializationDelay", "15s"),
    ("logging.applicationInsights.diagnosticsEventListenerLogLevel", "Debug"),
    ("logging.applicationInsights.httpAutoCollectionOptions.enableW3CDistributedTracing", "x"),
    (
        "logging.applicationInsights.dependencyTrackingOptions.enableSqlCommandTextInstrumentation",
        0,
    ),
    ("logging.applicationInsights.snapshotConfiguration.snapshotsPerDayLimit", "all"),
    ("aggregator.batchSize", 0),
    ("aggregator.batchSize", 10001),
    ("aggregator.flushTimeout", "00:00:00"),
    ("aggregator.flushTimeout", "00:05:01"),
    ("concurrency.dynamicConcurrencyEnabled", "x"),
    ("concurrency.maximumFunctionConcurrency", 0),
    ("concurrency.maximumFunctionConcurrency", -2),
    ("concurrency.cpuThreshold", 1),
    ("concurrency.cpuThreshold", 0),
    ("singleton.lockPeriod", "00:00:14"),
    ("singleton.listenerLockPeriod", "00:01:01"),
    ("singleton.lockAcquisitionTimeout", "00:00:00"),
    ("singleton.lockAcquisitionPollingInterval", "00:00:00.4"),
    ("singleton.listenerLockRecoveryPollingInterval", "00:00:14"),
    ("scale.scaleMetricsMaxAge", "00:06:00"),
    ("scale.scaleMetricsSampleInterval", "00:00:31"),
    ("retry", {"strategy": "linear", "maxRetryCount": 1}),
    ("retry", {"strategy": "fixedDelay", "delayInterval": "00:00:05"}),
    ("retry", {"strategy": "fixedDelay", "maxRetryCount": 3}),
    ("retry", {"strategy": "fixedDelay", "maxRetryCount": -2, "delayInterval": "00:00:05"}),
    ("retry", {"maxRetryCount": 3, "minimumInterval": "00:00:05"}),
    ("retry", {"maxRetryCount": 3, "minimumInterval": "00:01", "maximumInterval": "00:00:05"}),
    ("retry", {"delay": 3}),
    ("customHandler", {"enableForwardingHttpRequest": True}),
    ("customHandler", {"description": {"defaultExecutablePath": "handler"}}),
    ("httpWorker.description.defaultExecutablePath", "handler"),
    ("extensionBundle", "Microsoft.Azure.Functions.ExtensionBundle"),
    ("extensionBundle", None),
]
REFUSED_OF_QUEUES = [
    ("batchSize", 0),
    ("batchSize", 33),
    ("batchSize", "sixteen"),
    ("batchSize", 16.5),
    ("batchSize", None),
    ("newBatchThreshold", -1),
    ("newBatchThreshold", "half"),
    ("maxPollingInterval", "00:00:00.099"),
    ("maxPollingInterval", "2 seconds"),
    ("maxPollingInterval", "-00:00:02"),
    ("visibilityTimeout", "1 minute"),
    ("visibilityTimeout", "00:00:90"),
    ("maxDequeueCount", 0),
    ("maxDequeueCount", 3_000_000_000),
    ("messageEncoding", "zip"),
    ("messageEncoding", ""),
]
TAKEN = [
    ("functionTimeout", "01:00:00"),
    ("functionTimeout", "1.00:00:00"),
    ("functionTimeout", ""),
    ("functionTimeout", {"of": "no value"}),
    ("unknown", {"entries": ["are", "ignored"]}),
    ("extensions.unknown.batchSize", 64),
    ("extensions", None),
    ("logging", "text"),
    ("logging.logLevel", "Information"),
    ("logging.logLevel.default", "warning"),
    ("logging.logLevel.default", 2),
    ("logging.logLevel.Host.Results", None),
    ("logging.applicationInsights.samplingSettings.excludedTypes", "Anything;At;All"),
    ("logging.applicationInsights.samplingSettings.maxTelemetryItemsPerSecond", -5),
    ("logging.fileLoggingMode", None),
    ("telemetryMode", "Smoke signals"),
    ("healthMonitor.counterThreshold", "high"),
    ("retry", {}),
    ("retry", {"strategy": "fixedDelay", "maxRetryCount": -1, "delayInterval": "00:00:05"}),
    ("concurrency.maximumFunctionConcurrency", -1),
    ("extensionBundle", {}),
]
TAKEN_OF_QUEUES = [
    ("batchSize", "0x20"),
    ("batchSize", 1.0),
    ("batchSize", {"of": "no value"}),
    ("newBatchThreshold", 0),
    ("maxPollingInterval", "00:00:00.1"),
    ("visibilityTimeout", "-00:00:05"),
    ("messageEncoding", "BASE64"),
    ("messageEncoding", 0),
]


class TestValues:
    @pytest.mark.parametrize(("path", "value"), REFUSED)
    def test_refused(self, tmp_path, path, value):
        """A value that the host cannot use keeps it from starting, and is said with its path."""
        with pytest.raises(HostError) as caught:
            read(tmp_path, **nested(path, value))

        assert path.partition(".")[0].lower() in str(caught.value).lower()
        assert 503 == caught.value.status

    @pytest.mark.parametrize(("name", "value"), REFUSED_OF_QUEUES)
    def test_refused_of_queues(self, tmp_path, name, value):
        """So do values of queues, once the extension that reads them is loaded."""
        found = read(tmp_path, extensions={"queues": {name: value}})

        with pytest.raises(HostError, match=f"AzureFunctionsJobHost:extensions:queues:{name}: "):
            _ = found.queues

    @pytest.mark.parametrize(("path", "value"), TAKEN)
    def test_taken(self, tmp_path, path, value):
        """What nobody reads, and what can be read, is taken without a word."""
        assert read(tmp_path, **nested(path, value)).http

    @pytest.mark.parametrize(("name", "value"), TAKEN_OF_QUEUES)
    def test_taken_of_queues(self, tmp_path, name, value):
        """So it is with queues."""
        assert read(tmp_path, extensions={"queues": {name: value}}).queues

    def test_by_setting(self, tmp_path):
        """A setting that overrides an entry is refused like the entry."""
        with pytest.raises(HostError, match="'64' is not from 1 to 32"):
            _ = read(tmp_path, {f"{QUEUES}batchSize": "64"}).queues
        with pytest.raises(HostError, match="functionTimeout: 'soon' is no TimeSpan"):
            read(tmp_path, {"AzureFunctionsJobHost__functionTimeout": "soon"})

    @pytest.mark.parametrize(
        ("settings", "tree"),
        [
            ({}, {"maxOutstandingRequests": 0}),
            ({}, {"maxConcurrentRequests": -2}),
            ({}, {"hsts": {"isEnabled": "x"}}),
            ({}, {"hsts": {"maxAge": "ten days"}}),
            ({"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "-1"}, {}),
        ],
    )
    def test_each_request(self, tmp_path, settings, tree):
        """Some values are looked at only when a request comes, and fail each of them."""
        with pytest.raises(HostError) as caught:
            read(tmp_path, settings, extensions={"http": tree})

        assert 500 == caught.value.status

    def test_no_limit(self, tmp_path):
        """A limit of sizes that is no number is passed over."""
        found = read(tmp_path, {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "big"})

        assert 100 * 1024**2 == found.http.body_limit


class TestFile:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            pytest.param('{"version": "2.0"', "Unable to parse host configuration file", id="cut"),
            pytest.param("", "Unable to parse", id="empty"),
            pytest.param("[]", "is no JSON object", id="list"),
            pytest.param('"2.0"', "is no JSON object", id="text"),
            pytest.param('{"logging": {}}', "missing the required 'version'", id="no-version"),
            pytest.param('{"version": null}', "missing the required 'version'", id="null"),
            pytest.param('{"version": ""}', "missing the required 'version'", id="blank"),
            pytest.param('{"Version": "2.0"}', "missing the required 'version'", id="other-case"),
            pytest.param('{"version": 2.0}', "'2' is an invalid value", id="number"),
            pytest.param('{"version": "3.0"}', "'3.0' is an invalid value", id="other"),
            pytest.param('{"version": ["2.0"]}', "is an invalid value", id="in-a-list"),
        ],
    )
    def test_refused(self, tmp_path, text, message):
        """A file that cannot be read, or has not the one version, keeps the host from starting."""
        (tmp_path / "host.json").write_text(text)

        with pytest.raises(HostError, match=message):
            config.read_config(tmp_path, {})

    def test_byte_order_mark(self, tmp_path):
        """A mark at the beginning does no harm."""
        (tmp_path / "host.json").write_text('{"version": "2.0"}', "utf-8-sig")

        assert config.read_config(tmp_path, {}).http


class TestDisabled:
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("AzureWebJobs.tick.Disabled", "true", True),
            ("AzureWebJobs.tick.Disabled", "True", True),
            ("AzureWebJobs.tick.Disabled", "1", True),
            ("AzureWebJobs_tick_Disabled", "true", True),
            ("azurewebjobs.TICK.disabled", "true", True),
            ("AzureWebJobs__tick__Disabled", "true", False),
            ("AzureWebJobs.tick.Disabled", "false", False),
            ("AzureWebJobs.tick.Disabled", "yes", False),
            ("AzureWebJobs.tick.Disabled", "", False),
            ("AzureWebJobs.tock.Disabled", "true", False),
        ],
    )
    def test_by_setting(self, name, value, expected):
        """A function is disabled by its setting, with dots or single underscores, as true or 1."""
        settings = Configuration(of_settings({name: value}))

        assert expected is config.is_disabled("tick", settings)
