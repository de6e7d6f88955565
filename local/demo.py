"""Tells the whole story of an environment on this machine: `make demo`."""


def tell() -> None:
    """Tell the story."""
