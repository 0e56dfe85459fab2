"""Local host: find what bindings name: %SETTINGS%, queues, connections."""

import re
from collections.abc import Iterable

from leadshare.local.host.errors import FunctionError
from leadshare.local.host.settings.configuration import Configuration

HOST = "Microsoft.Azure.WebJobs.Host"
QUEUES = "Microsoft.Azure.WebJobs.Extensions.Storage.Queues"
STORAGE = "Storage"  # the connection of a binding that names none
SHORTEST_NAME, LONGEST_NAME = 3, 63
IDENTITIES = (
    "clientId",
    *("managedIdentityClientId", "managedIdentityResourceId", "managedIdentityObjectId"),
)
WORKLOAD = ("tenantId", "clientId", "tokenFilePath")


def resolve(text: str, settings: Configuration) -> str:
    """Replace every %NAME% by the app setting NAME."""

    def setting(match: re.Match[str]) -> str:
        value = settings.get(match[1]) if match[1] else None
        if value is None:
            raise FunctionError(f"{HOST}: '{match[0]}' does not resolve to a value.")
        return value

    resolved = re.sub("%([^%]*)%", setting, text)
    if text.count("%") % 2:
        raise FunctionError(
            f"{HOST}: The '%' at position {text.rindex('%')} does not have a closing '%'."
        )
    return resolved


def queue_name(text: str) -> str:
    """Write a queue's name in lower case, as the host does, and refuse what storage would."""
    name = text.lower()
    if fault := _fault(name):
        raise FunctionError(f"{QUEUES}: {fault} (Parameter 'name').")
    return name


def is_queue_name(text: str) -> bool:
    """Tell whether storage takes a queue of this name."""
    return not _fault(text)


def _fault(name: str) -> str:
    if not name:
        return "A queue name can't be null or empty"
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        return f'A queue name must be from 3 to 63 characters long - "{name}"'
    if name[0] == "-" or name[-1] == "-":
        return f'The dash (-) character may not be the first or last letter - "{name}"'
    if not all(character.isalnum() or character == "-" for character in name):
        return f'A queue name can contain only letters, numbers, and dash(-) characters - "{name}"'
    if "--" in name:
        return "A queue name cannot contain consecutive dash(-) characters."
    return ""


def connection_string(name: str, settings: Configuration) -> str:
    """Find the connection string that a binding's `connection` names.

    Settings of an identity are read as the host reads them, and refused: this host has none.
    """
    name = resolve(name, settings).strip() or STORAGE
    section = _section(name, settings)
    text = settings.get(section)
    if text is None:
        text = _of_section(section, settings)
    if not text.strip():
        raise FunctionError(f"{QUEUES}: the app setting {name} is empty.")
    return text


def _section(name: str, settings: Configuration) -> str:
    """Find the setting, or the group of settings; the host looks in this order."""
    candidates = (f"ConnectionStrings:AzureWebJobs{name}", f"AzureWebJobs{name}")
    for candidate in (*candidates, f"ConnectionStrings:{name}", name):
        if settings.exists(candidate):
            return candidate
    raise FunctionError(
        f"{QUEUES}: Storage account connection string 'AzureWebJobs{name}' does not exist."
        " Make sure that it is a defined App Setting."
    )


def _of_section(section: str, settings: Configuration) -> str:
    """Find the connection string in a group; an identity is checked, and cannot be used."""
    _check_credential(section, settings)
    uri = _service_uri(section, settings)
    if uri is None:
        text = settings.get(f"{section}:connectionString")
        if text is not None:
            return text
        keys = ", ".join(settings.under(section))
        raise FunctionError(
            f"{QUEUES}: Unable to find matching constructor while trying to create an instance of"
            f" QueueServiceClient. Expected connectionString, accountName, queueServiceUri or"
            f" serviceUri. Found the following configuration keys: {keys}."
        )
    if not uri.lower().startswith("https://"):
        raise FunctionError(f"{QUEUES}: Cannot use TokenCredential without HTTPS: {uri}.")
    raise FunctionError(
        f"The local host has no identity, so it gets no token for {uri}: give the setting"
        f" {section.replace(':', '__')} a connection string."
    )


def _service_uri(section: str, settings: Configuration) -> str | None:
    """Find the address of the queues; one that is none counts as not given."""
    account = settings.get(f"{section}:accountName")
    if account is not None:
        return f"https://{account}.queue.core.windows.net"
    texts = (settings.get(f"{section}:{name}") for name in ("queueServiceUri", "serviceUri"))
    return next((text for text in texts if text and re.match(r"\w+://\w", text)), None)


def _check_credential(section: str, settings: Configuration) -> None:
    kind = (settings.get(f"{section}:credential") or "").lower()
    if kind == "managedidentity" and len(_given(section, IDENTITIES, settings)) > 1:
        raise FunctionError(
            f"{QUEUES}: Only one of {', '.join(IDENTITIES)} can be specified for managed identity."
        )
    if kind == "workloadidentity" and len(_given(section, WORKLOAD, settings)) < len(WORKLOAD):
        raise FunctionError(
            f"{QUEUES}: For workload identity, {', '.join(WORKLOAD)} must be specified."
        )


def _given(section: str, names: Iterable[str], settings: Configuration) -> list[str]:
    return [name for name in names if (settings.get(f"{section}:{name}") or "").strip()]
