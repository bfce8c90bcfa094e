"""The base of every failure that a person can act on."""


class RevlakeError(Exception):
    """Its message says what, where and what to do; it is printed without a traceback."""
