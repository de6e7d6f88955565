"""The emulator's state on disk."""

import json
import threading
from pathlib import Path
from typing import Any, Final

from ministack.core import persistence

from duracloud.local.emulator.common import LOG

_WRITTEN: Final[dict[str, str]] = {}
# The tick and the end of the process both write.
_ONE_AT_A_TIME: Final = threading.Lock()


def write_what_changed() -> None:
    """The emulator writes the state of all services each time; most have none, and few change in ten seconds.

    It also makes the text piece by piece in Python, during which functions and clients wait and may change it.
    """
    persistence.save_state = _save


def _save(service: str, data: dict[str, Any]) -> None:
    file = Path(persistence.STATE_DIR) / f"{service}.json"
    content = {"__ministack_format__": persistence._state_format_version(service), "payload": data}
    try:
        with _ONE_AT_A_TIME:
            text = json.dumps(content, default=persistence._json_default)
            if text != _WRITTEN.get(service):
                file.parent.mkdir(parents=True, exist_ok=True)
                new = file.with_suffix(".new")
                new.write_text(text, "utf-8")
                new.replace(file)
                _WRITTEN[service] = text
    except (OSError, TypeError, ValueError, RuntimeError):
        LOG.exception("the state of %s was not written; it is tried again", service)
