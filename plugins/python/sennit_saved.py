"""What a plugin keeps between calls, given to the host as bytes and taken back from it, where its main module can say it.

  T1  It can when it has two functions, `save_state() -> bytes` and `load_state(state: bytes) -> None`. Nothing may be asked of the
      host in either.
  T2  Nothing is saved while a task goes on, or when `save_state` fails: the plugin goes on all the same.
  T3  Random numbers that the plugin has seeded itself go on where they were, and no number of an object is used twice.
"""

import sys

import sennit_calls
import sennit_chance
import sennit_resources


def _application():
    import sennit_glue

    return sennit_glue._app


def save():
    """The state, what the random numbers go on from, how many calls there were, and objects given out; or None."""
    if _tasks():
        return None
    sennit_calls.silent = True
    try:
        state = _application().save_state()
        if type(state) is not bytes:
            raise TypeError(f"it returned {type(state).__name__}, not bytes")
    except Exception as error:
        print(f"save_state failed: {type(error).__name__}: {error}", file=sys.stderr)
        return None
    finally:
        sennit_calls.silent = False
    calls = int.from_bytes(sennit_chance.number, "little")
    return state, sennit_chance.saved(), calls, sennit_resources.count


def load(state, chance, objects):
    sennit_calls.silent = True
    try:
        _application().load_state(state)
    finally:
        sennit_calls.silent = False
    sennit_chance.restore(chance)
    sennit_resources.count = objects


def _tasks():
    import asyncio

    try:
        return asyncio.all_tasks(asyncio.get_event_loop())
    except RuntimeError:
        return ()


sennit_calls.own += [save, load]
