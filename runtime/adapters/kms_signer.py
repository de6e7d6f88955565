"""Signatures by an asymmetric KMS key: the adapter of the port ManifestSigner."""

import base64
import textwrap
from typing import Any, Final

from botocore.exceptions import ClientError

from runtime.adapters.errors import error_code, translated
from runtime.audit.manifests import SigningKey

_INVALID: Final = "KMSInvalidSignatureException"
# Files are larger than KMS takes, so their digest is signed:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
_HOW: Final = {"MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
_PEM_WIDTH: Final = 64


class KmsSigner:
    """A key of the type ECC_NIST_P256 for signatures."""

    def __init__(self, client: Any, key_arn: str) -> None:  # noqa: ANN401 (boto3 builds classes at run time)
        """Take the client and the key.

        Args:
            client: a KMS client.
            key_arn: ARN of the key.
        """
        self._client = client
        self._key_arn = key_arn

    def key(self) -> SigningKey:
        """Return the key that signs. See `ports.ManifestSigner.key`."""
        with translated("asking for the public key"):
            answer = self._client.get_public_key(KeyId=self._key_arn)
        return SigningKey(self._key_arn, _pem(answer["PublicKey"]))

    def sign(self, digest: bytes) -> bytes:
        """Return the signature over a file. See `ports.ManifestSigner.sign`."""
        with translated("signing the manifest"):
            return bytes(self._client.sign(KeyId=self._key_arn, Message=digest, **_HOW)["Signature"])

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Tell whether a signature is of this key. See `ports.ManifestSigner.verify`."""
        with translated("verifying the signature of a manifest"):
            try:
                answer = self._client.verify(KeyId=self._key_arn, Message=digest, Signature=signature, **_HOW)
            except ClientError as error:
                if error_code(error) == _INVALID:
                    return False
                raise
        return bool(answer["SignatureValid"])


def _pem(der: bytes) -> bytes:
    # As in RFC 7468, which is also how OpenSSL writes it.
    lines = textwrap.wrap(base64.b64encode(der).decode(), _PEM_WIDTH)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()
