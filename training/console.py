"""What the command keeps out of the standard error. Imports TensorFlow only when asked."""

import contextlib
import os
import shutil
import sys
import tempfile


def import_tensorflow():
    """Imports TensorFlow; what its libraries write meanwhile is shown only where that fails.

    They write before any level of logging is obeyed. Python's own messages come as they are.
    """
    if "tensorflow" not in sys.modules:
        with silenced():
            import tensorflow  # noqa: F401


@contextlib.contextmanager
def silenced():
    """Within, what C code writes to the standard error is kept, and shown after an exception."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as noise:
        terminal = os.dup(2)
        os.dup2(noise.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(terminal, 2)
            noise.seek(0)
            shutil.copyfileobj(noise, sys.stderr.buffer)
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
