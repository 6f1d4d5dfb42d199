"""The checks and tables that the generated lift and lower code uses (P1).

Lowering is strict: a value of another type than the WIT says is a `Mismatch`, never converted. Two exceptions are
componentize-py's own: an `int` serves where a float is due, and `bytes` is the one form of a list of bytes.
"""

from array import array

from sennit_failure import Misfit

_MAP = map
_TYPE = type


class Mismatch(Misfit, TypeError):
    """A Python value does not fit its WIT type."""


def mismatch(value, expected):
    return Mismatch(f"expected {expected}, found {describe(value)}")


def describe(value):
    kind = type(value).__name__
    if value is None:
        return "None"
    if type(value) in (bool, int, float, str):
        text = repr(value)
        return f"{kind} {text if len(text) <= 60 else text[:57] + '...'}"
    return kind


def bool_(value):
    if value is True or value is False:
        return value
    raise mismatch(value, "bool")


def integer_check(name, low, high):
    def check(value):
        if type(value) is int and low <= value <= high:
            return value
        if type(value) is int:
            raise mismatch(value, f"{name} ({low} to {high})")
        raise mismatch(value, name)

    return check


s8 = integer_check("s8", -(1 << 7), (1 << 7) - 1)
u8 = integer_check("u8", 0, (1 << 8) - 1)
s16 = integer_check("s16", -(1 << 15), (1 << 15) - 1)
u16 = integer_check("u16", 0, (1 << 16) - 1)
s32 = integer_check("s32", -(1 << 31), (1 << 31) - 1)
u32 = integer_check("u32", 0, (1 << 32) - 1)
s64 = integer_check("s64", -(1 << 63), (1 << 63) - 1)
u64 = integer_check("u64", 0, (1 << 64) - 1)


def f64(value):
    if type(value) is float:
        return value
    if type(value) is int:
        return _as_float(value)
    raise mismatch(value, "float")


f32 = f64


def _as_float(value):
    try:
        return float(value)
    except OverflowError:
        raise mismatch(value, "float (this int is too large for one)") from None


def string(value):
    if type(value) is not str:
        raise mismatch(value, "str")
    if not value.isascii():
        _refuse_surrogates(value)
    return value


def _refuse_surrogates(value):
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Mismatch("expected str of Unicode text, found a str with a lone surrogate") from None


def char(value):
    if type(value) is str and len(value) == 1 and not "\ud800" <= value <= "\udfff":
        return value
    raise mismatch(value, "str of one character")


def bytes_(value):
    if type(value) is bytes:
        return value
    raise mismatch(value, "bytes")


def numbers(name, code, kinds):
    """The check of a list of numbers."""

    def check(value):
        if not kinds.issuperset(_MAP(_TYPE, value)):
            wrong = next(one for one in value if type(one) not in kinds)
            raise Mismatch(f"expected list of {name}, found {describe(wrong)} in it")
        try:
            array(code, value)
        except OverflowError:
            raise Mismatch(f"expected list of {name}, found a number out of its range in it") from None
        return value

    return check


s16s = numbers("s16", "h", frozenset([int]))
u16s = numbers("u16", "H", frozenset([int]))
s32s = numbers("s32", "i", frozenset([int]))
u32s = numbers("u32", "I", frozenset([int]))
s64s = numbers("s64", "q", frozenset([int]))
u64s = numbers("u64", "Q", frozenset([int]))
f32s = numbers("f32", "f", frozenset([int, float]))
f64s = numbers("f64", "d", frozenset([int, float]))


def exact(value, kind, name):
    if type(value) is not kind:
        raise mismatch(value, name)
    return value


def sized(value, length, name):
    if len(value) != length:
        raise Mismatch(f"expected a {name} of {length}, found {len(value)} items")
    return value


def nothing(value):
    if value is not None:
        raise mismatch(value, "None")


def flags(value, kind, name, bits):
    if not isinstance(value, kind) or not 0 <= value.value < 1 << bits:
        raise mismatch(value, name)
    return value.value
