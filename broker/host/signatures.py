"""Signs webhook deliveries as Standard Webhooks 1.0 defines it (standardwebhooks.com), for which receivers have libraries.

webhook-id: ID                       the same for every attempt of a delivery
webhook-timestamp: SECONDS           since 1970; receivers refuse old ones
webhook-signature: v1,BASE64         HMAC-SHA256(key, ID.SECONDS.BODY)
"""

import binascii
import hmac
from base64 import b64decode, b64encode

PREFIX = "whsec_"


def signature(secret: str, message_id: str, now: float, content: bytes) -> dict[str, str]:
    """Give the three headers. A secret `whsec_BASE64` holds its key; any other text is the key itself."""
    timestamp = str(int(now))
    signed = b".".join((message_id.encode(), timestamp.encode(), content))
    digest = hmac.digest(_key(secret), signed, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(digest).decode('ascii')}",
    }


def _key(secret: str) -> bytes:
    digits = secret.removeprefix(PREFIX)
    try:
        key = b64decode(digits + "=" * (-len(digits) % 4), validate=True) if digits != secret else b""
    except binascii.Error:
        key = b""
    return key or secret.encode()
