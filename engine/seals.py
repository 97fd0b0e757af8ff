"""Keys of an installation, and the seals that they put on facts, on marks and on tips: what a hash alone cannot prove.

A hash chain can be made anew by whoever can write the database; a seal (HMAC-SHA256, RFC 2104) only by who has the key.
Pure: reading and keeping keys is `engine.store.keys`.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

FACT, UNSEALED, TIP = "fact", "unsealed", "tip"
"""What a seal is for: one made for a fact proves nothing about a tip."""

_ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `id` is derived from the secret, so that no other key can go by its name."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Name the key, without telling it."""
        return sha256(b"goalwright key\0" + self.secret).hexdigest()[:_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of an installation by id. `current` seals; every key of the ring verifies."""

    current: str = ""
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, keys: Iterable[Key]) -> "Ring":
        """Take keys, the current one last."""
        secrets = {key.id: key.secret for key in keys}
        return cls(next(reversed(secrets), ""), secrets)

    def seal(self, purpose: str, content: str) -> str:
        """Seal `content` with the current key, as hexadecimal digits."""
        return _mac(self.secrets[self.current], purpose, content)

    def holds(self, purpose: str, content: str, *, key: str, mac: str) -> bool:
        """Say whether `mac` is the seal that `key` puts on `content`; never for a key that is not in the ring."""
        secret = self.secrets.get(key)
        return secret is not None and hmac.compare_digest(
            _mac(secret, purpose, content).encode(), mac.encode("utf-8", "surrogatepass")
        )


def _mac(secret: bytes, purpose: str, content: str) -> str:
    return hmac.digest(secret, f"{purpose}\0{content}".encode("utf-8", "surrogatepass"), "sha256").hex()
