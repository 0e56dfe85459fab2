"""What bindings name, and how the host finds it."""

import pytest

from leadshare.local.host.errors import FunctionError
from leadshare.local.host.settings.configuration import Configuration, of_settings
from leadshare.local.host.settings.connections import (
    connection_string,
    is_queue_name,
    queue_name,
    resolve,
)

URI = "https://account.queue.core.windows.net"
HAS_NONE = "The local host has no identity, so it gets no token for"


def of(settings):
    """Read these app settings."""
    return Configuration(of_settings(settings))


def identity(**parts):
    """Give the settings of an identity for the connection LEADS."""
    return of({f"LEADS__{name}": value for name, value in parts.items()})


class TestResolve:
    def test_anywhere(self):
        """%NAME% stands for a setting, anywhere in the text and in any case."""
        assert "a-b-" == resolve("a-%x%-%Y%", of({"X": "b", "Y": ""}))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("%X%", "'%X%' does not resolve to a value."),
            ("a%%b", "'%%' does not resolve to a value."),
            ("%Y%-%", "The '%' at position 4 does not have a closing '%'."),
        ],
    )
    def test_unknown(self, text, message):
        """A name that is no setting is said as the host says it."""
        with pytest.raises(FunctionError) as caught:
            resolve(text, of({"Y": "y"}))

        assert f"Microsoft.Azure.WebJobs.Host: {message}" == str(caught.value)


class TestQueueName:
    @pytest.mark.parametrize("name", ["abc", "a1-b2-c3", "123", "a" * 63])
    def test_taken(self, name):
        """Letters, digits and single dashes make a name."""
        assert name == queue_name(name)
        assert is_queue_name(name)

    def test_lower_case(self):
        """The host writes names in lower case by itself."""
        assert "touches" == queue_name("Touches")

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "can't be null or empty"),
            ("ab", "must be from 3 to 63 characters long"),
            ("a" * 64, "must be from 3 to 63 characters long"),
            ("-abc", "may not be the first or last letter"),
            ("abc-", "may not be the first or last letter"),
            ("a--b", "cannot contain consecutive dash"),
            ("a_b", "can contain only letters, numbers, and dash"),
            ("a b", "can contain only letters, numbers, and dash"),
        ],
    )
    def test_refused(self, name, message):
        """What storage would refuse, the host refuses first."""
        with pytest.raises(FunctionError, match=message):
            queue_name(name)
        assert not is_queue_name(name)


class TestConnectionString:
    def test_order(self):
        """A connection is found under AzureWebJobs<name> first, as in the real host."""
        settings = of({"AzureWebJobsStorage": "a", "Storage": "b", "LEADS": "c"})

        assert "a" == connection_string("Storage", settings)
        assert "a" == connection_string("", settings)
        assert "c" == connection_string("LEADS", settings)
        assert "c" == connection_string("%X%", of({"X": "LEADS", "LEADS": "c"}))

    def test_connection_strings(self):
        """Those of the group ConnectionStrings go before both."""
        settings = of({"LEADS": "a", "ConnectionStrings__LEADS": "b"})

        assert "b" == connection_string("LEADS", settings)

    def test_missing(self):
        """A connection that is not there is said as the host says it."""
        with pytest.raises(FunctionError) as caught:
            connection_string("LEADS", of({}))

        assert str(caught.value).endswith(
            "Storage account connection string 'AzureWebJobsLEADS' does not exist."
            " Make sure that it is a defined App Setting."
        )

    def test_empty(self):
        """An empty setting is one that is there, and is no connection string."""
        settings = of({"AzureWebJobsLEADS": "", "LEADS": "c"})

        with pytest.raises(FunctionError, match="the app setting LEADS is empty"):
            connection_string("LEADS", settings)

    def test_in_a_group(self):
        """A group may hold the connection string itself; a setting of the name goes before it."""
        assert "a" == connection_string("LEADS", identity(connectionString="a"))
        settings = of({"LEADS": "b", "LEADS__queueServiceUri": URI})
        assert "b" == connection_string("LEADS", settings)


class TestIdentity:
    @pytest.mark.parametrize(
        "parts",
        [
            {"queueServiceUri": URI},
            {"queueServiceUri": URI, "credential": "managedidentity", "clientId": "c"},
            {"accountName": "account", "credential": "managedidentity", "clientId": "c"},
            {"serviceUri": URI},
            {"accountName": "account", "queueServiceUri": "http://127.0.0.1:1/a"},
            {"queueServiceUri": URI, "connectionString": "a"},
        ],
    )
    def test_understood(self, parts):
        """A complete identity is understood, and refused by name: this host has no identity."""
        with pytest.raises(FunctionError, match=HAS_NONE) as caught:
            connection_string("LEADS", identity(**parts))

        assert f"{URI}: give the setting LEADS a connection string." in str(caught.value)

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"credential": "managedidentity", "clientId": "c"}, "Unable to find matching const"),
            ({"queueServiceUri": "account"}, "Unable to find matching constructor"),
            ({"blobServiceUri": URI}, "Found the following configuration keys: blobserviceuri"),
            ({"queueServiceUri": "http://127.0.0.1:1/a"}, "Cannot use TokenCredential without"),
            (
                {
                    "queueServiceUri": URI,
                    "credential": "managedidentity",
                    "clientId": "c",
                    "managedIdentityResourceId": "r",
                },
                "Only one of clientId, managedIdentityClientId",
            ),
            (
                {"queueServiceUri": URI, "credential": "workloadidentity", "tenantId": "t"},
                "For workload identity, tenantId, clientId, tokenFilePath must be specified",
            ),
        ],
    )
    def test_wrong(self, parts, message):
        """What is missing or wrong is said as the host says it."""
        with pytest.raises(FunctionError, match=message):
            connection_string("LEADS", identity(**parts))
