"""Ports of the audit trail.

Every method raises TransientError if the service does not answer and RefusedError if it refuses.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from runtime.audit.manifests import SigningKey


class AuditFiles(Protocol):
    """Files of the audit trail; no file is ever overwritten."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a file if there is none; return False if one exists."""

    def read(self, key: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            ObjectAbsentError: there is no such file.
        """


class AuditFolder(Protocol):
    """Reads the audit trail."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""

    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield keys and files in the order of the keys; a bounded number of files is read ahead.

        Raises:
            ObjectAbsentError: a file is missing.
        """


class ManifestSigner(Protocol):
    """Signs manifests of the audit trail."""

    def key(self) -> SigningKey:
        """Return the signing key."""

    def sign(self, digest: bytes) -> bytes:
        """Return the signature of a SHA-256 digest: ECDSA in DER."""

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Tell whether a signature of a SHA-256 digest was made by this key."""
