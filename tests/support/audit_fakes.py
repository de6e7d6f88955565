"""In-memory stand-ins for the ports of the audit trail, and values that its tests begin with."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from runtime.audit.manifests import SigningKey
from runtime.shared.errors import ObjectAbsentError

KEY_ARN: Final = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
_DIGEST: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


class FakeAuditFiles:
    """The files of the trail by key; `before` is called ahead of each write and may raise, `after` behind it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None

    def create(self, key: str, body: bytes) -> bool:
        self.before(key)
        if key in self.files:
            return False
        self.files[key] = body
        self.after(key)
        return True

    def read(self, key: str) -> bytes:
        if key not in self.files:
            raise ObjectAbsentError(f"there is no {key}")
        return self.files[key]

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.files if key.startswith(prefix))

    def read_each(self, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for key in keys:
            yield key, self.read(key)


class FakeSigner:
    """A key that this process made; signatures are true ones. It fails as told."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.error: Exception | None = None

    def key(self) -> SigningKey:
        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return SigningKey(KEY_ARN, pem)

    def sign(self, digest: bytes) -> bytes:
        if self.error:
            raise self.error
        return self._key.sign(digest, _DIGEST)

    def verify(self, digest: bytes, signature: bytes) -> bool:
        try:
            self._key.public_key().verify(signature, digest, _DIGEST)
        except InvalidSignature:
            return False
        return True

    def sign_file(self, body: bytes) -> bytes:
        return self.sign(hashlib.sha256(body).digest())


def chains() -> Callable[[], str]:
    """Return what makes names of chains: 000...1, 000...2 and so on."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"
