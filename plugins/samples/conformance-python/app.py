"""The conformance world in Python: identity on every type, one number out of many values, and a resource."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import types

import store


class Echo(exports.Echo):
    def echo_bool(self, x):
        return x

    def echo_s8(self, x):
        return x

    def echo_u8(self, x):
        return x

    def echo_s16(self, x):
        return x

    def echo_u16(self, x):
        return x

    def echo_s32(self, x):
        return x

    def echo_u32(self, x):
        return x

    def echo_s64(self, x):
        return x

    def echo_u64(self, x):
        return x

    def echo_f32(self, x):
        return x

    def echo_f64(self, x):
        return x

    def echo_char(self, x):
        return x

    def echo_string(self, x):
        return x

    def echo_list_bool(self, x):
        return x

    def echo_list_s8(self, x):
        return x

    def echo_list_u8(self, x):
        return x

    def echo_list_s16(self, x):
        return x

    def echo_list_u16(self, x):
        return x

    def echo_list_s32(self, x):
        return x

    def echo_list_u32(self, x):
        return x

    def echo_list_s64(self, x):
        return x

    def echo_list_u64(self, x):
        return x

    def echo_list_f32(self, x):
        return x

    def echo_list_f64(self, x):
        return x

    def echo_list_char(self, x):
        return x

    def echo_list_string(self, x):
        return x

    def echo_list_point(self, x):
        return x

    def echo_list_particle(self, x):
        return x

    def echo_list_list_u32(self, x):
        return x

    def echo_list_list_string(self, x):
        return x

    def echo_list_shape(self, x):
        return x

    def echo_list_option(self, x):
        return x

    def echo_list_tuple(self, x):
        return x

    def echo_tuple(self, x):
        return x

    def echo_nested_tuple(self, x):
        return x

    def echo_point(self, x):
        return x

    def echo_particle(self, x):
        return x

    def echo_names(self, x):
        return x

    def echo_shape(self, x):
        return x

    def echo_colour(self, x):
        return x

    def echo_permissions(self, x):
        return x

    def echo_bits(self, x):
        return x

    def echo_option_u32(self, x):
        return x

    def echo_option_string(self, x):
        return x

    def echo_option_particle(self, x):
        return x

    def echo_option_option(self, x):
        return x

    def echo_result(self, x):
        return (x,)

    def echo_result_ok_only(self, x):
        return (x,)

    def echo_result_err_only(self, x):
        return (x,)

    def echo_result_bare(self, x):
        return (x,)

    def return_result(self, x):
        if type(x) is Err:
            raise x
        return x.value

    def return_result_bare(self, x):
        if type(x) is Err:
            raise x
        return x.value

    def echo_many(self, a, b, c, d, e, f):
        return (a, b, c, d, e, f)

    def nothing(self):
        pass


def wrap_s64(number):
    """Two's complement, as a processor would add."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


class Fold(exports.Fold):
    def sum_u8(self, xs):
        return sum(xs)

    def sum_s64(self, xs):
        return wrap_s64(sum(xs))

    def sum_f64(self, xs):
        total = 0.0
        for x in xs:  # `sum` would compensate rounding errors, and so give other bits
            total += x
        return total

    def concat(self, xs):
        return "".join(xs)

    def count_chars(self, s):
        return len(s)

    def count_true(self, xs):
        return sum(xs)

    def count_nested(self, xs):
        return sum(map(len, xs))

    def count_permissions(self, p):
        return len(p)

    def centre(self, xs):
        x = y = 0.0
        for point in xs:
            x += point.x
            y += point.y
        return types.Point(x, y)

    def names_of(self, xs, which):
        return [particle.name for particle in xs if particle.colour is which]

    def measure(self, s):
        match s:
            case types.Shape_Empty():
                return 0
            case types.Shape_Circle():
                return 1
            case types.Shape_Polygon(points):
                return len(points)
            case types.Shape_Label(text):
                return len(text)
            case types.Shape_Count(number):
                return number
            case types.Shape_Solid(particle):
                return particle.id

    def first_some(self, xs):
        return next((x for x in xs if x is not None), None)

    def divide(self, left, right):
        if right == 0:
            raise Err("division by zero")
        quotient = abs(left) // abs(right)
        if (left < 0) != (right < 0):
            quotient = -quotient
        return (quotient + (1 << 31)) % (1 << 32) - (1 << 31)


class Store(exports.Store):
    def peek(self, a):
        return a.value()

    def make_many(self, starts):
        return [store.Accumulator(start) for start in starts]

    def drain(self, all):
        return wrap_s64(sum(a.value() for a in all))
