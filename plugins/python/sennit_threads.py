"""Waiting for other threads, where there are none.

The clock stands still while Python runs, so a timed wait of the C library would never end. A timed wait of `threading` (and
of `queue`, which is made of it) sleeps through the host instead: meanwhile another call may run and end it, if calls may
overlap. A wait without a time limit is refused, since it might well be for ever.
"""

import threading
import time


def _wait(self, timeout=None):
    """Replaces `Condition.wait`."""
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    if timeout is None:
        raise RuntimeError("there are no threads here, so nothing would end this wait: give it a timeout")
    waiter = threading.Lock()
    waiter.acquire()
    self._waiters.append(waiter)
    saved = self._release_save()
    notified = False
    try:
        if timeout > 0:
            time.sleep(timeout)
        notified = waiter.acquire(False)
    finally:
        self._acquire_restore(saved)
        if not notified and waiter in self._waiters:
            self._waiters.remove(waiter)
    return notified


threading.Condition.wait = _wait
