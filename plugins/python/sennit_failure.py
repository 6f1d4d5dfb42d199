"""Failure records: what the host learns of an exception, as one marshal value.

A record is (kind, number, type, message, frames): kind 0 is an exception of the plugin, 1 a failed import (then number
tells which), 2 a plugin that does not fit its world. A frame is (function, file, line, column), innermost first; file is
relative to the plugin's folder, line and column count from 1 and are 0 when unknown.
"""

from marshal import dumps
from traceback import TracebackException

PLUGIN = "/plugin/"
MOST_FRAMES = 50
LONGEST_MESSAGE = 4000
VERSION = 2
PLAIN = frozenset([bool, int, float, str, bytes])
DEEPEST = 100


class Misfit(Exception):
    """The plugin does not offer what its world says, or gave a value of another type."""


def record(error):
    try:
        return dumps(_record(error), VERSION)
    except BaseException as second:  # out of memory, or a plugin's own `__str__` that fails
        return dumps((0, 0, type(error).__name__, f"(its message cannot be shown: {type(second).__name__})", []), VERSION)


def unfit(error, value):
    """The record of a result that `marshal` cannot write. The generated code leaves the items of plain lists to it."""
    if isinstance(error, ValueError):
        found = _first_unfit(value, 0)
        error = Misfit(f"it returned a wrong value: there is {found or 'something endless'} in it")
    return record(error)


def _first_unfit(value, depth):
    """The type of something that is no plain value."""
    kind = type(value)
    if depth > DEEPEST:
        return None
    if kind is list or kind is tuple:
        return next((found for one in value if (found := _first_unfit(one, depth + 1))), None)
    return None if kind in PLAIN or value is None else kind.__name__


def _record(error):
    kind, number = 0, 0
    if type(error).__name__ == "HostFault" and isinstance(getattr(error, "number", None), int):
        kind, number = 1, error.number
    elif isinstance(error, Misfit):
        kind = 2
    summary = TracebackException.from_exception(error, limit=-MOST_FRAMES, lookup_lines=False)
    frames = _syntax_frame(error) + [_frame(one) for one in reversed(summary.stack) if one.filename.startswith(PLUGIN)]
    return (kind, number, type(error).__name__, _plain(_message(error)), frames)


def _message(error):
    if isinstance(error, SyntaxError):
        return str(error.msg)
    notes = getattr(error, "__notes__", ())
    text = "\n".join([str(error), *map(str, notes)])
    cause = error.__cause__
    if cause is not None:
        text += f" (caused by {type(cause).__name__}: {cause})"
    return text


def _syntax_frame(error):
    if not isinstance(error, SyntaxError) or not error.filename:
        return []
    name = error.filename.removeprefix(PLUGIN)
    return [("<module>", _plain(name), error.lineno or 0, error.offset or 0)]


def _frame(one):
    column = one.colno + 1 if one.colno is not None else 0
    return (_plain(one.name), _plain(one.filename.removeprefix(PLUGIN)), one.lineno or 0, column)


def _plain(text):
    """Text that the host will accept: no lone surrogates, not endless."""
    return text[:LONGEST_MESSAGE].encode("utf-8", "replace").decode()
