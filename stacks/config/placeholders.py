"""Finds the values that the files came with: they are nobody's, and must not be deployed (lesson L56)."""

import re
from collections.abc import Iterator
from typing import Final

from stacks.config.listing import text
from stacks.config.settings import Settings

# The word of the command line, `-c allowPlaceholders=true`, with which templates are written all the same.
ALLOW_PLACEHOLDERS: Final = "allowPlaceholders"
_LOCAL: Final = "local"
_LOCAL_ACCOUNT: Final = "000000000000"
# As examples have them: one digit, three digits, or a row of digits. Those in rows are of AWS's documentation, as in
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
_MADE_UP_ACCOUNT: Final = re.compile(
    r"(\d)\1{11}|(\d)\2{3}(\d)\3{3}(\d)\4{3}"
    r"|012345678901|012345678910|123456789012|210987654321|987654321012|987654321098"
)
# Names that nobody can own: https://www.rfc-editor.org/rfc/rfc2606 and https://www.rfc-editor.org/rfc/rfc6761
_MADE_UP_HOST: Final = re.compile(r"(.*\.)?(example(\.[^.]+)?|test|invalid|localhost)", re.IGNORECASE)
# What an address may have before its host, and what ends it.
_HOST: Final = re.compile(r"(?:https://)?(?:[^/?]*@)?([^/?:]*)")
_MADE_UP_WORD: Final = "example"


def placeholders(settings: Settings) -> tuple[str, ...]:
    """Return the settings of an environment that hold made-up values, as lines of its file; empty if there is none.

    Nothing of the environment on one machine is deployed to AWS, so its values count as real.
    """
    if (settings.name, settings.account) == (_LOCAL, _LOCAL_ACCOUNT):
        return ()
    return tuple(f"{key} = {text(value)}" for key, value in _found(settings))


def _found(settings: Settings) -> Iterator[tuple[str, object]]:
    if _made_up_account(settings.account):
        yield "account", settings.account
    if _MADE_UP_WORD in settings.bucket_prefix.split("-"):
        yield "bucket_prefix", settings.bucket_prefix
    made_up = [email for email in settings.alert_emails if _made_up_host(email)]
    if made_up:
        yield "alert_emails", made_up
    if _made_up_host(settings.runbook_url):
        yield "runbook_url", settings.runbook_url
    arn = settings.encryption.replica_key_arn
    if arn and _made_up_account(arn.split(":")[4]):
        yield "encryption.replica_key_arn", arn


def _made_up_account(account: str) -> bool:
    return _MADE_UP_ACCOUNT.fullmatch(account) is not None


def _made_up_host(address: str) -> bool:
    host = _HOST.match(address)
    return host is not None and _MADE_UP_HOST.fullmatch(host[1].rstrip(".")) is not None
