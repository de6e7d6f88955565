"""Objects as files, after a kill.

The emulator writes an object's bytes, then its description. A kill between the two leaves the bytes of one version
under the description of another one, which would look like damage.
"""

import json
import shutil
from pathlib import Path
from typing import Final

_DESCRIPTION: Final = ".meta.json"
_VERSIONS: Final = ".versions"


def undo_unfinished_writes(objects: Path) -> None:
    """Remove objects that were never acknowledged. Call it before the emulator reads the folder.

    The emulator keeps the bytes of a version apart before it writes the next one over them.
    """
    for file in [path for path in objects.glob("[0-9]*/*/**/*") if path.is_file()]:
        if file.name.endswith(".tmp"):
            file.unlink()
        elif not file.name.endswith(_DESCRIPTION):
            _undo(objects, file)


def _undo(objects: Path, file: Path) -> None:
    description = file.with_name(file.name + _DESCRIPTION)
    if not description.exists():
        file.unlink()
        return
    version = json.loads(description.read_text("utf-8")).get("version_id")
    account, bucket, *key = file.relative_to(objects).parts
    kept = Path(objects, _VERSIONS, account, bucket, version or "null", *key)
    if kept.exists() and description.stat().st_mtime_ns < kept.stat().st_mtime_ns <= file.stat().st_mtime_ns:
        copy = file.with_name(file.name + ".tmp")
        shutil.copyfile(kept, copy)
        copy.replace(file)
