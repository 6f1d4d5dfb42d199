"""The resource of the interface `store`: its class stands in a module of the interface's name."""

from wit_world.exports import store


class Accumulator(store.Accumulator):
    def __init__(self, start):
        self._sum = start

    def add(self, x):
        self._sum = (self._sum + x + (1 << 63)) % (1 << 64) - (1 << 63)

    def value(self):
        return self._sum

    @staticmethod
    def merge(left, right):
        merged = Accumulator(left.value())
        merged.add(right.value())
        return merged
