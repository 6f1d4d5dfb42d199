"""The counter in Python, by the conventions of componentize-py: runs from source, and compiles to a component."""

import re
from collections import Counter

import wit_world
from componentize_py_types import Err

count = 0


def save_state() -> bytes:
    return count.to_bytes(8, "little")


def load_state(state: bytes) -> None:
    global count
    count = int.from_bytes(state, "little")


class WitWorld(wit_world.WitWorld):
    def increment(self) -> int:
        global count
        count += 1
        return count

    def add(self, a: int, b: int) -> int:
        return (a + b) % 2**32

    def fail(self, message: str) -> int:
        raise Err(message)

    def trap(self) -> None:
        raise RuntimeError("trap was called")

    def count_words(self, text: str) -> list[tuple[str, int]]:
        words = re.split("[ \t\n\f\r]+", text)
        return sorted(Counter(word for word in words if word).items())
