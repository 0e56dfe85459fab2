"""Local host: which bindings host.json's extension bundle brings."""

import re
from dataclasses import dataclass

from leadshare.local.host.errors import HostError
from leadshare.local.host.settings.configuration import JOB_HOST, Configuration
from leadshare.local.host.settings.dotnet import to_bool

SECTION = f"{JOB_HOST}:extensionBundle"
HELP = "See https://aka.ms/functions-hostjson for more information"
PACKAGE_ID = re.compile(r"\w+([.-]\w+)*")
NUMBERS = re.compile(
    r"(\d+(?:\.\d+){0,3})(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?", re.IGNORECASE | re.ASCII
)

Version = tuple[int, int, int, int]

DEFAULT_ID = "Microsoft.Azure.Functions.ExtensionBundle"
MINIMUM: Version = (2, 6, 1, 0)
OLDEST: Version = (0, 0, 0, 0)
NEWEST: Version = (2**31, 0, 0, 0)
# The newest version of each major one, as of 2026-11 (Azure/azure-functions-extension-bundles).
RELEASED: dict[str, tuple[Version, ...]] = {
    DEFAULT_ID: ((4, 38, 0, 0), (3, 41, 0, 0), (2, 36, 0, 0), (1, 8, 1, 0)),
    f"{DEFAULT_ID}.Preview": ((4, 45, 0, 0),),
    f"{DEFAULT_ID}.Experimental": ((4, 6, 0, 0),),
}
BUILT_IN = frozenset({"http", "httptrigger", "timertrigger"})
BUNDLED = frozenset({"queue", "queuetrigger"})


@dataclass(frozen=True)
class Bundle:
    """A bundle that host.json names; without a version, one that is nowhere to be had."""

    id: str
    version: Version | None

    @property
    def bindings(self) -> frozenset[str]:
        """The types of bindings that it registers and that this host can serve."""
        return BUNDLED if self.version else frozenset()


def read_bundle(configuration: Configuration) -> Bundle | None:
    """Find the bundle; what the host cannot read, or may not use, keeps it from starting."""
    if not configuration.exists(SECTION):
        return None
    asked = read_range(configuration.get(f"{SECTION}:version") or "")
    if asked is None:
        raise HostError(
            "The value of version property in extensionBundle section of host.json file"
            f" is invalid or missing. {HELP}"
        )
    try:
        to_bool(configuration.get(f"{SECTION}:ensureLatest") or "false")
    except ValueError as error:
        raise HostError(f"{SECTION}:ensureLatest: {error}") from error
    name = configuration.get(f"{SECTION}:id") or ""
    if PACKAGE_ID.fullmatch(name) is None:
        raise HostError(
            "The value of id property in extensionBundle section of host.json file"
            f" is invalid or missing. {HELP}"
        )
    version = _newest(name, asked)
    if name.lower() == DEFAULT_ID.lower():
        _check(name, version)
    return Bundle(name, version)


def _newest(name: str, asked: tuple[Version, Version]) -> Version | None:
    """Find the newest version that was asked for; a name in another case is another's."""
    for newest in RELEASED.get(name, ()):
        low, high = max(asked[0], (newest[0], 0, 0, 0)), min(asked[1], newest)
        if low <= high:
            return high
    return None


def _check(name: str, version: Version | None) -> None:
    if version is None:
        raise HostError(
            "Value cannot be null. (Parameter 'version'): no version of the extension bundle"
            f" {name} is as host.json asks"
        )
    if version < MINIMUM:
        text, least = (".".join(map(str, number[:3])) for number in (version, MINIMUM))
        raise HostError(
            f"Referenced bundle {name} of version {text} does not meet the required minimum"
            f" version of {least}. Update your extension bundle reference in host.json to"
            f" reference {least} or later. For more information see"
            " https://aka.ms/func-min-bundle-versions."
        )


def read_range(text: str) -> tuple[Version, Version] | None:
    """Read a range as NuGet does, such as `[4.*, 5.0.0)`; None is no range."""
    text = text.strip()
    if text == "*":
        return OLDEST, NEWEST
    if text[:1] not in {"[", "("}:
        low = _read_version(text, floating=True)
        return (low, NEWEST) if low else None
    if text[-1] not in {"]", ")"}:
        return None
    parts = [part.strip() for part in text[1:-1].split(",")]
    if not any(parts) or len(parts) > 2 or (len(parts) == 1 and text[0] + text[-1] != "[]"):  # noqa: PLR2004  # a range has two ends
        return None
    return _between(parts[0], parts[-1], opens=text[0] == "(", closes=text[-1] == ")")


def _between(first: str, last: str, *, opens: bool, closes: bool) -> tuple[Version, Version] | None:
    """Make a range whose ends both belong to it."""
    low = _read_version(first, floating=True) if first else OLDEST
    high = _read_version(last) if last else NEWEST
    if low is None or high is None:
        return None
    low, high = _step(low, int(opens and bool(first))), _step(high, -int(closes and bool(last)))
    return (low, high) if low <= high else None


def _read_version(text: str, *, floating: bool = False) -> Version | None:
    """Read one to four numbers; a star at the end stands for the least that it may be."""
    if floating and text.endswith("*"):
        text = text[:-1] + "0"
    match = NUMBERS.fullmatch(text)
    if match is None:
        return None
    numbers = [*map(int, match[1].split(".")), 0, 0, 0]
    version = (numbers[0], numbers[1], numbers[2], numbers[3])
    return _step(version, -1) if match[2] else version  # a prerelease comes before the release


def _step(version: Version, by: int) -> Version:
    return (*version[:3], version[3] + by)
