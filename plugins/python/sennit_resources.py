"""Resources: the plugin's own, which the host holds by number, and the host's, which the plugin holds by number."""

import sennit_calls
from sennit_values import Mismatch, describe, mismatch

_own = {}  # number -> object; a number is never used twice
count = 0  # of objects that were given out


def keep(value, kind):
    """Lends an object of the plugin to the host."""
    global count
    if not isinstance(value, kind):
        raise mismatch(value, f"an object of class {kind.__name__}")
    count += 1
    _own[count] = value
    return count


def held(number):
    return _own[number]


def give_back(number):
    return _own.pop(number)


def drop(number):
    """The host lets go of an object."""
    _own.pop(number, None)


class Imported:
    """Base of the classes of imported resources. `with` releases at its end; otherwise the collector does."""

    # Names with an underscore: no method in WIT can have one.
    _handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._let_go()

    def __del__(self):
        self._let_go()

    def _let_go(self):
        handle = self.__dict__.pop("_handle", None)
        if handle is not None and not self.__dict__.get("_borrowed"):
            sennit_calls.release(handle)


def adopt(kind, number):
    value = object.__new__(kind)
    value._handle = number
    return value


def borrow(kind, number):
    value = adopt(kind, number)
    value._borrowed = True
    return value


def lend(value, kind):
    """The number of an imported resource that stays ours."""
    if not isinstance(value, kind) or value._handle is None:
        raise _not_held(value, kind)
    return value._handle


def hand_over(value, kind):
    """The number of an imported resource that is ours no longer."""
    number = lend(value, kind)
    if value.__dict__.get("_borrowed"):
        raise Mismatch(f"a borrowed {kind.__name__} cannot be given away")
    del value._handle
    return number


def _not_held(value, kind):
    if isinstance(value, kind):
        return Mismatch(f"this {kind.__name__} was already released or given away")
    return Mismatch(f"expected an object of class {kind.__name__}, found {describe(value)}")
