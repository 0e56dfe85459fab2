"""Local host: the configuration that host.json and app settings make together."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

JOB_HOST = "AzureFunctionsJobHost"
# The host's library takes comments and a comma after the last entry.
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')

Pair = tuple[str, str]


class Configuration:
    """Texts by paths such as `a:b:c`, in any case; of two texts for one path the later holds."""

    def __init__(self, *sources: Iterable[Pair]) -> None:
        self._texts = {path.lower(): text for source in sources for path, text in source}

    def get(self, path: str) -> str | None:
        """Give the text of *path*, if it has one."""
        return self._texts.get(path.lower())

    def under(self, path: str) -> dict[str, str]:
        """Give all texts below *path* by their paths from there, in lower case."""
        start = f"{path.lower()}:"
        return {
            name.removeprefix(start): text
            for name, text in self._texts.items()
            if name.startswith(start)
        }

    def exists(self, path: str) -> bool:
        """Tell whether there is a text at *path* or below it."""
        return self.get(path) is not None or bool(self.under(path))


def of_settings(settings: Mapping[str, str]) -> Iterator[Pair]:
    """Give app settings as paths: two underscores stand for a colon, a dot for itself."""
    for name, text in settings.items():
        yield name.replace("__", ":"), text


def parse(text: str) -> Any:
    """Read JSON as the host does."""
    for ignored in (COMMENT, LAST_COMMA):
        text = ignored.sub(lambda match: match[1] or " ", text)
    return json.loads(text)


def of_json(value: Any, path: str = JOB_HOST) -> Iterator[Pair]:
    """Give what parsed JSON says as paths, numbers and truths as .NET writes them."""
    match value:
        case dict():
            for name, item in value.items():
                yield from of_json(item, f"{path}:{name}")
        case list():
            for number, item in enumerate(value):
                yield from of_json(item, f"{path}:{number}")
        case _:
            yield path, to_text(value)


def to_text(value: Any) -> str:
    """Write one value."""
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)
