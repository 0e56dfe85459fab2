"""Local host: check access keys as the real host does in Azure; Core Tools asks for none."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    """The master key, host keys for every function, and function keys for one."""

    master: str = ""
    host: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def allow(self, level: str, function: str, given: str) -> bool:
        """Tell whether *given* opens *function*, in a time that does not tell how near it came."""
        if level == "ANONYMOUS":
            return True
        keys = [self.master]
        if level == "FUNCTION":
            keys += [*self.host.values(), *self.functions.get(function, {}).values()]
        matches = [hmac.compare_digest(key.encode(), given.encode()) for key in keys if key]
        return any(matches)
