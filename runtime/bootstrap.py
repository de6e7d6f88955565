"""Composition root: builds the settings and adapters of each function, once per cold start.

Adapters are imported where they are used, so that a function loads no client that it does not need.
"""
