"""Local host: refuse what a web page that this machine's browser shows might ask."""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

REFUSED: Final = "call me 127.0.0.1 or localhost"


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Tell whether a request with these *headers* may be some web page's.

    Its name may have been pointed at this machine (DNS rebinding), which `Host` tells; a page of
    any other address says where it is from in `Origin`, `null` if it hides it.
    """
    host = headers.get("Host", "")
    return not _is_loopback(host) or headers.get("Origin") not in (None, f"http://{host}")


def _is_loopback(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        # A name and a port, and nothing else that a URL may have before or behind them.
        whole = host.lower() in {_in_brackets(name), f"{_in_brackets(name)}:{parts.port}"}
        return whole and (name == "localhost" or ipaddress.ip_address(name).is_loopback)
    except ValueError:
        return False


def _in_brackets(name: str) -> str:
    return f"[{name}]" if ":" in name else name
