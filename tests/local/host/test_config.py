"""What the host takes from host.json and the settings."""

import json

import pytest

from leadshare.local.host import config
from leadshare.local.host.config import InvalidSetting


def read(folder, settings=(), **tree):
    """Read a host.json with these entries."""
    (folder / "host.json").write_text(json.dumps({"version": "2.0", **tree}))
    return config.read_config(folder, dict(settings))


class TestReadConfig:
    def test_defaults(self, tmp_path):
        """
        Without entries the real host's values hold.
        """
        found = read(tmp_path)

        assert "api" == found.route_prefix
        assert 1800 == found.function_timeout
        assert config.QueueOptions(16, 8, 60, 0, 5, base64=True) == found.queues

    def test_entries(self, tmp_path):
        """
        Every entry that this host knows is read.
        """
        queues = {
            "batchSize": 4,
            "newBatchThreshold": 3,
            "maxPollingInterval": "00:00:02",
            "visibilityTimeout": "00:01:30",
            "maxDequeueCount": 7,
            "messageEncoding": "None",
        }
        extensions = {"http": {"routePrefix": ""}, "queues": queues}
        found = read(tmp_path, functionTimeout="-1", extensions=extensions)

        assert found.route_prefix == ""
        assert found.function_timeout is None
        assert config.QueueOptions(4, 3, 2, 90, 7, base64=False) == found.queues

    def test_settings_win(self, tmp_path):
        """
        An app setting overrides an entry, as in Azure.
        """
        setting = ("AzureFunctionsJobHost__extensions__queues__batchSize", "2")
        found = read(tmp_path, [setting], extensions={"queues": {"batchSize": 4}})

        assert (2, 1) == (found.queues.batch_size, found.queues.new_batch_threshold)


class TestTimespan:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("00:05:00", 300), ("01:00", 3600), ("1.00:00:01", 86401), ("00:00:00.25", 0.25)],
    )
    def test_reads(self, text, expected):
        """
        Days and parts of seconds are optional.
        """
        assert expected == config.parse_timespan(text).total_seconds()

    def test_refuses(self):
        """
        A number alone is no TimeSpan.
        """
        with pytest.raises(InvalidSetting, match="30"):
            config.parse_timespan("30")


class TestSettings:
    def test_resolve(self):
        """
        %NAME% stands for a setting, anywhere in the text.
        """
        assert "a-b-c" == config.resolve("a-%X%-%Y%", {"X": "b", "Y": "c"})

    def test_unknown(self):
        """
        A name that is no setting is an error that says the name.
        """
        with pytest.raises(InvalidSetting, match="%X%"):
            config.resolve("%X%", {})

    def test_connection(self):
        """
        A connection is found under AzureWebJobs<name> first, as in the real host.
        """
        settings = {"AzureWebJobsStorage": "a", "Storage": "b", "LEADS": "c", "EMPTY": ""}

        assert "a" == config.connection_string("Storage", settings)
        assert "c" == config.connection_string("LEADS", settings)
        with pytest.raises(InvalidSetting, match="EMPTY"):
            config.connection_string("EMPTY", settings)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [("true", True), ("True", True), ("1", True), ("false", False), ("", False)],
    )
    def test_disabled(self, value, expected):
        """
        A function is disabled by its setting, and by no other value than true or 1.
        """
        settings = {"AzureWebJobs.tick.Disabled": value}

        assert expected is config.is_disabled("tick", settings)
        assert not config.is_disabled("tock", settings)
