"""Random numbers of each call its own: what a call draws does not depend on what calls before it drew.

The worker seeds `os.urandom`, and with it `secrets` and `uuid`, by the number of the call. Here the functions of `random`
follow: the first that is used in a call seeds their generator from `os.urandom`. A plugin that seeds it itself keeps to that
seed, from call to call, until it calls `random.seed()`.
"""

import random
from json import dumps, loads
from os import urandom

number = bytes(bytearray(4))  # of the call; the worker writes here, although Python thinks that nobody can
_drawn = None  # the number of the call in which something was drawn last
_own = False
_random = random.Random.random
_getrandbits = random.Random.getrandbits


class Chance(random.Random):
    """The generator behind the functions of `random`."""

    def random(self):
        if number != _drawn:
            _begin(self)
        return _random(self)

    def getrandbits(self, k):
        if number != _drawn:
            _begin(self)
        return _getrandbits(self, k)

    def gauss(self, mu=0.0, sigma=1.0):
        if number != _drawn:
            _begin(self)  # or it would give the second of two numbers that another call drew
        return super().gauss(mu, sigma)

    def seed(self, a=None, version=2):
        global _own
        _own = a is not None
        if _own:
            super().seed(a, version)
        else:
            _begin(self)

    def getstate(self):
        if number != _drawn:
            _begin(self)
        return super().getstate()

    def setstate(self, state):
        global _own
        _own = True
        super().setstate(state)


def _begin(chance):
    global _drawn
    _drawn = bytes(bytearray(number))
    if not _own:
        random.Random.seed(chance, int.from_bytes(urandom(16)))


def saved():
    """What a generator that the plugin has seeded goes on from, as text; nothing when it has not."""
    return dumps(random.getstate()) if _own else ""


def restore(text):
    if text == "":
        return
    version, internal, gauss = loads(text)
    random.setstate((version, tuple(internal), gauss))


def _install():
    """Puts the generator in the place of the module's own, before any plugin takes a function of it."""
    old, new = random._inst, Chance()
    for name, function in list(vars(random).items()):
        if getattr(function, "__self__", None) is old:
            setattr(random, name, getattr(new, name))
    random._inst = new


_install()
