"""Runs calls that may wait, and what they wait for (DESIGN, D4).

  P1  A call's arguments and its result are one `marshal` value each, in the shape that the generated `sennit_glue` gives. The
      worker makes and reads these by CPython's own functions; a call that does not wait it makes without code from here.
  P2  The buffer holds the arguments of an import. It is written and read between two points where nothing else can run, so
      overlapping calls share it.
  P3  Every exception ends here or in the worker: as the answer of an export (the glue catches `Err`), or as a failure record.
"""

import sys
import time
from contextvars import ContextVar
from marshal import dumps, loads

import sennit_chance  # before any plugin loads: the functions of `random` are other ones
import sennit_failure

VERSION = 2  # of marshal: no back references, so that a reader needs no table of them
START_SIZE = 1 << 16
LONGEST_SLEEP = 1e12  # seconds

buffer = bytearray(START_SIZE)
exports = []  # by number: takes marshal values, gives one; number 0 is `bind`
own = []  # by number: what the host calls that is not the plugin's own, `bind` first
silent = False  # while nothing may be asked of the host
imported = []  # by number: the import functions that `wit_world` calls, filled by the glue
arguments = {}  # of waiting calls that have not begun, by call number: tuples
results = {}  # of waiting calls, by call number, until the worker takes them: (failed, value or record)
_call = ContextVar("call", default=0)  # the number of the call that this code runs for
_host = None  # set by `connect`; sends an import and gives a promise of its answer
_sleep = None
_release = None


class HostFault(BaseException):
    """An import failed on the host's side. Not an `Exception`: a plugin has no business in surviving it."""

    def __init__(self, number, code, message):
        super().__init__(f"{code}: {message}")
        self.number = number


def reserve(size):
    """Makes room for `size` bytes and gives the buffer for the worker to look up its address."""
    global buffer
    if size > len(buffer):
        buffer = bytearray(max(size, 2 * len(buffer)))
    return memoryview(buffer)


def put(data):
    """Leaves bytes in the buffer for the worker, which looks its address up when it has grown."""
    size = len(data)
    if size > len(buffer):
        reserve(size)
    buffer[:size] = data
    return size


def dispatch_waiting(call, number):
    """Calls an export that may wait for the host; a number that is not above 0 is one of `own`. The worker has put its arguments there, and takes its outcome."""
    _call.set(call)
    try:
        function = exports[number] if number > 0 else own[-number]
        results[call] = (False, function(*arguments.pop(call)))
    except BaseException as error:
        results[call] = (True, sennit_failure.record(error))


def ask(number, arguments):
    """Calls an import and waits for its answer."""
    return _unwrap(_run_sync(_send(number, arguments)))


async def ask_async(number, arguments):
    return _unwrap(await _send(number, arguments))


def _send(number, arguments):
    if _host is None:
        raise RuntimeError("imports cannot be called while the plugin's modules load")
    if silent:
        raise RuntimeError("imports cannot be called while the plugin's state is saved or loaded")
    return _host(number, put(dumps(arguments, VERSION)), _call.get())


def _unwrap(answer):
    data = loads(answer.to_bytes())
    if data[0]:
        raise HostFault(*data[1:])
    return data[1]


def release(handle):
    """Tells the host that an imported resource is no longer held."""
    if _release is not None:
        _release(handle)


def _run_sync(promise):
    from pyodide.ffi import can_run_sync, run_sync

    if not can_run_sync():
        raise RuntimeError(
            "cannot wait here: neither a callback of another call nor code run by `del` may wait for the host"
        )
    return run_sync(promise)


def sleep(seconds):
    """Replaces `time.sleep`: the host decides when the time has passed."""
    if not seconds >= 0:
        raise ValueError("sleep length must be non-negative")
    if seconds > LONGEST_SLEEP:
        raise OverflowError("the sleep is too long")
    if _sleep is None:
        raise RuntimeError("cannot sleep while the plugin's modules load")
    if silent:
        raise RuntimeError("cannot sleep while the plugin's state is saved or loaded")
    _run_sync(_sleep(seconds * 1000))


time.sleep = sleep  # before any plugin loads: the real one would wait for a clock that stands still


def run_coroutine(coroutine):
    """Finishes an `async def` export."""
    return _run_sync(_as_task(coroutine))


def _as_task(coroutine):
    import asyncio

    return asyncio.ensure_future(coroutine)


def connect(host, sleep_, release_):
    """Gives Python its three ways to the host. They are absent while the start image is made: it may hold no JavaScript."""
    global _host, _sleep, _release
    _host, _sleep, _release = host, sleep_, release_
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)


def bind(_seed):
    """First call of an instance: its plugin's objects. The seed is the worker's to use."""
    import sennit_glue

    exports.extend(sennit_glue.exports())


exports.append(bind)
own.append(bind)


def release_export(number):
    """The host lets go of an exported resource."""
    import sennit_resources

    sennit_resources.drop(number)
