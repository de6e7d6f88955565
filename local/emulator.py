"""Entry point of the emulator's process: `python -m local.emulator`, run by the emulator's own interpreter."""

from ministack.app import main

from local import emulator_patches


def run() -> None:
    """Close the gaps, start what goes on by itself, serve until SIGTERM."""
    emulator_patches.apply()
    emulator_patches.start_ticks()
    main()


if __name__ == "__main__":
    run()
