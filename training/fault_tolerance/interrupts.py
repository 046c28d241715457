"""SIGTERM and Ctrl-C as a wish to stop soon, and the exit code of a run that has. Imports no
TensorFlow."""

import contextlib
import signal
import threading

CODE = 75  # EX_TEMPFAIL of sysexits.h: the state is saved, the same command goes on
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(SystemExit):
    """Training stopped because it was asked to; its state is saved."""

    def __init__(self, message):
        super().__init__(CODE)
        self.message = message

    def __str__(self):
        return self.message


@contextlib.contextmanager
def raised():
    """Within, SIGTERM and Ctrl-C raise `Stopped` at once: for what can begin again any time.

    What is already stopping is left to end: of two signals in a row the second does nothing.
    """
    stopping = False

    def stop(number, frame):
        nonlocal stopping
        if not stopping:
            stopping = True
            name = signal.Signals(number).name
            raise Stopped(f"Stopped by {name}: the same command goes on where it was.")

    with _handled(stop):
        try:
            yield
        except Stopped:
            stopping = True
            raise


def ignore():
    """From here on signals do nothing: for a process that is about to end with its code."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _handled(handler):
    """Has both signals handled; they reach the main thread alone, in others nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, action in former.items():
            signal.signal(number, signal.SIG_DFL if action is None else action)


class Interrupts:
    """What has been asked for.

    Attributes:
        asked: None, or the name of a signal.
        is_stopping: whether what was asked for is being done; further signals are then ignored.
    """

    asked, is_stopping = None, False

    @contextlib.contextmanager
    def noted(self, folder):
        """Within, SIGTERM and Ctrl-C are only noted; a second Ctrl-C raises `Stopped` at once.

        Args:
            folder: of the checkpoints from which the next call goes on.
        """
        self.asked, self.is_stopping, self.folder = None, False, folder
        with _handled(self._note):
            yield

    def _note(self, number, frame):
        again = self.asked == "SIGINT" and number == signal.SIGINT
        self.asked = signal.Signals(number).name
        if again and not self.is_stopping:
            self.is_stopping = True
            raise Stopped(
                "Stopped by a second SIGINT, before the step had ended: the same call goes on at "
                f"the newest checkpoint in {self.folder}."
            )
