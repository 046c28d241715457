"""SIGTERM and Ctrl-C as a wish to stop soon, and the exit code of a run that has. Imports no
TensorFlow."""

import contextlib
import signal
import threading

CODE = 75  # EX_TEMPFAIL of sysexits.h: the state is saved, the same command goes on


class Stopped(SystemExit):
    """Training stopped because it was asked to; its state is saved."""

    def __init__(self, words):
        super().__init__(CODE)
        self.words = words

    def __str__(self):
        return self.words


@contextlib.contextmanager
def raised():
    """Within, SIGTERM and Ctrl-C raise `Stopped` at once: for what can begin again any time."""

    def stop(number, frame):
        name = signal.Signals(number).name
        raise Stopped(f"Stopped by {name}: the same command goes on where it was.")

    with _handled(stop):
        yield


@contextlib.contextmanager
def _handled(handler):
    """Has both signals handled; they reach the main thread alone, in others nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, handler) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, former in before.items():
            signal.signal(each, signal.SIG_DFL if former is None else former)


class Interrupts:
    """What has been asked for: None, or the name of a signal."""

    asked = None

    @contextlib.contextmanager
    def heard(self):
        """Within, SIGTERM and Ctrl-C are only noted; a second Ctrl-C interrupts at once."""
        self.asked = None
        with _handled(self._note):
            yield

    def _note(self, number, frame):
        if self.asked == "SIGINT" and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number).name
