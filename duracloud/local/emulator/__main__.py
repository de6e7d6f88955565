"""Entry point of the local AWS: `python -m duracloud.local.emulator`, run by the interpreter of its own environment."""

from ministack.app import main

from duracloud.local.emulator.apply import apply, start_ticks


def run() -> None:
    """Close the gaps, start what goes on by itself, serve until SIGTERM."""
    apply()
    start_ticks()
    main()


if __name__ == "__main__":
    run()
