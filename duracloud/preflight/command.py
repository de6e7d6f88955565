"""Prints what a preflight finds: `duracloud preflight --env ENV`."""

import json

import attrs

from duracloud import templates
from duracloud.columns import aligned
from duracloud.preflight.account import Preflight
from duracloud.preflight.findings import Verdict, status
from duracloud.progress import working
from stacks.config import Settings


def run(settings: Settings, *, as_json: bool) -> int:
    """Look at the account of an environment and print what is found. Return the exit status, see `status`."""
    with working(f"synthesising the templates of {settings.name}"):
        synthesised = templates.synthesised(settings)
    with working(f"looking at account {settings.account}"):
        found = list(Preflight(settings, synthesised).findings())
    if as_json:
        print(json.dumps({"environment": settings.name, "findings": [attrs.asdict(one) for one in found]}, indent=2))
        return status(found)
    print("\n".join(aligned([("LOOKED AT", "RESULT", "WHAT IS SO"), *(attrs.astuple(one) for one in found)])))
    wrong = [one for one in found if one.verdict != Verdict.OK]
    print(f"\n{len(found)} looked at, {f'{len(wrong)} to look into' if wrong else 'all right'}")
    return status(found)
