"""Adapter of ManifestSigner: signatures by an asymmetric KMS key."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any, Final

import attrs
from botocore.exceptions import ClientError
from typing_extensions import override

from runtime.adapters.errors import error_code, translated
from runtime.audit.manifests import SigningKey
from runtime.audit.ports import ManifestSigner

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

# Files are too large for KMS, so their digest is signed:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
_HOW: Final[dict[str, Any]] = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}


@attrs.frozen
class KmsSigner(ManifestSigner):
    """A key of the type ECC_NIST_P256 for signatures."""

    _client: KMSClient
    _key_arn: str

    @override
    def key(self) -> SigningKey:
        with translated("asking for the public key"):
            answer = self._client.get_public_key(KeyId=self._key_arn)
        return SigningKey(self._key_arn, _pem(answer["PublicKey"]))

    @override
    def sign(self, digest: bytes) -> bytes:
        with translated("signing the manifest"):
            return bytes(self._client.sign(KeyId=self._key_arn, Message=digest, **_HOW)["Signature"])

    @override
    def verify(self, digest: bytes, signature: bytes) -> bool:
        with translated("verifying the signature of a manifest"):
            try:
                answer = self._client.verify(KeyId=self._key_arn, Message=digest, Signature=signature, **_HOW)
            except ClientError as error:
                if error_code(error) == "KMSInvalidSignatureException":
                    return False
                raise
        return bool(answer["SignatureValid"])


def _pem(der: bytes) -> bytes:
    # RFC 7468, the same as OpenSSL's output.
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()
