"""Entry point of the local AWS: `python -m duracloud.local.emulator`, run by the interpreter of its own environment."""

import os
from pathlib import Path

from duracloud.local.emulator.objects import undo_unfinished_writes


def run() -> None:
    """Close the gaps, start what goes on by itself, serve until SIGTERM."""
    undo_unfinished_writes(Path(os.environ["S3_DATA_DIR"]))
    # The emulator reads the objects when it is imported.
    from ministack.app import main  # noqa: PLC0415

    from duracloud.local.emulator.apply import apply, start_ticks  # noqa: PLC0415

    apply()
    start_ticks()
    main()


if __name__ == "__main__":
    run()
