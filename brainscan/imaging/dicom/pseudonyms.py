"""New identifiers for old ones: the same old one always gives the same new one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

from brainscan.errors import BrainScanError

_FEWEST_BYTES = 16
_FEWEST_DAYS, _MOST_DAYS = 365, 3650


class Pseudonyms:
    """Derives identifiers from old ones and a secret, without a list of them.

    Without the secret nobody can tell which old identifier a new one stands for, nor try out
    guesses. With the same secret several runs give the same identifiers.

    Parameters
    ----------
    secret
        At least 16 bytes; by default random, so that no other run can be linked to this one.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secrets.token_bytes(32) if secret is None else secret
        if len(self._secret) < _FEWEST_BYTES:
            msg = f"secret must have at least {_FEWEST_BYTES} bytes, got {len(self._secret)}"
            raise ValueError(msg)

    @classmethod
    def of_file(cls, path: Path) -> Pseudonyms:
        """Take the secret from a file, which is made when it is not there.

        Raises
        ------
        BrainScanError
            If it cannot be read or written, or is too short to be a secret.
        """
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(secrets.token_bytes(32))
            secret = path.read_bytes()
        except OSError as error:
            raise BrainScanError(
                f"The secret {path} cannot be read or written ({error.strerror or 'error'}). "
                "Check the path and its permissions."
            ) from error
        if len(secret) < _FEWEST_BYTES:
            raise BrainScanError(
                f"The secret {path} has only {len(secret)} bytes; at least {_FEWEST_BYTES} are "
                "needed. Name a file that is not there yet, and it will be made."
            )
        return cls(secret)

    def uid(self, old: str) -> str:
        """Return a UID derived from a UUID (PS3.5 B.2) for a UID."""
        digest = bytearray(self._digest("uid", old.strip("\0 "))[:16])
        digest[6] = (digest[6] & 0x0F) | 0x80  # a UUID of version 8 (RFC 9562)
        digest[8] = (digest[8] & 0x3F) | 0x80
        return f"2.25.{uuid.UUID(bytes=bytes(digest)).int}"

    def patient(self, *facts: str) -> str:
        """Return a name for a patient, who is who has equal facts but for case and spaces."""
        tidy = "\n".join(" ".join(fact.replace("^", " ").casefold().split()) for fact in facts)
        return f"ANON-{base64.b32encode(self._digest('patient', tidy)[:5]).decode()}"

    def days(self, patient: str) -> int:
        """Return by how many days all dates of a patient are moved to the past."""
        number = int.from_bytes(self._digest("days", patient)[:8], "big")
        return _FEWEST_DAYS + number % (_MOST_DAYS - _FEWEST_DAYS)

    def _digest(self, purpose: str, text: str) -> bytes:
        message = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, message, hashlib.sha256).digest()
