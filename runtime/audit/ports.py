"""What the audit trail needs of the world outside."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from runtime.audit.manifests import SigningKey


class AuditFiles(Protocol):
    """The files of the audit trail, none of which is ever written over."""

    def create(self, key: str, body: bytes) -> bool:
        """Write a file where there is none.

        Returns:
            False where a file stands: nothing was written.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read(self, key: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            ObjectAbsentError: there is no such file.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class AuditFolder(Protocol):
    """Reads the audit trail, of which nobody knows beforehand what is there."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order.

        Raises:
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...

    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield keys and the bytes of their files in the order of the keys, a bounded number ahead.

        Raises:
            ObjectAbsentError: a file is gone.
            TransientError: S3 did not answer.
            RefusedError: S3 refused.
        """
        ...


class ManifestSigner(Protocol):
    """Signs manifests of the audit trail."""

    def key(self) -> SigningKey:
        """Return the key that signs.

        Raises:
            TransientError: the service did not answer.
            RefusedError: the service refused.
        """
        ...

    def sign(self, digest: bytes) -> bytes:
        """Return the signature, ECDSA in DER, over a file with that SHA-256 digest. Errors as of `key`."""
        ...

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Tell whether a signature is of this key over a file with that SHA-256 digest. Errors as of `key`."""
        ...
