"""Finds a plugin's classes by the names that its world gives them, and says plainly what is missing."""

import gc
import importlib
import sys

from sennit_failure import Misfit


def settle():
    """Last step before a start image is taken."""
    gc.collect()


def boot(application):
    """Loads the plugin and its bindings. Gives None, or the failure record as hexadecimal text."""
    import sennit_failure

    importlib.invalidate_caches()  # the image this started from knew fewer files
    try:
        app = importlib.import_module(application)
        glue = importlib.import_module("sennit_glue")
        glue.attach(app)
        settle()
    except BaseException as error:
        return sennit_failure.record(error).hex()


def class_of(module, name):
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise Misfit(f"the module {module}.py is missing: it should define class {name}") from None
    if not isinstance(found, type):
        raise Misfit(f"{module}.py should define class {name}")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        raise Misfit(f"class {name} of {module}.py does not define {', '.join(missing)}")
    return found


def create(app, name):
    return getattr(app, name)()


def member(owner, name):
    found = getattr(owner, name, None)
    if not callable(found):
        kind = owner if isinstance(owner, type) else type(owner)
        raise Misfit(f"class {kind.__name__} of {_file(kind)} does not define {name}")
    return found


def _file(kind):
    return f"{sys.modules[kind.__module__].__name__.replace('.', '/')}.py"


def wrong(function, verb, mismatch):
    """A value that the plugin gave back does not fit."""
    return Misfit(f"{function} {verb} a wrong value: {mismatch}")
