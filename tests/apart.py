"""A process beside the tests that forks for them: it imports everything and uses nothing."""

import json
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent
PATHS = {**os.environ, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}


class Apart:
    """Runs a script that reads lines of JSON and says lines.

    Args:
        script: its path.
    """

    def __init__(self, script):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.child = subprocess.Popen([sys.executable, script], env=PATHS, **pipes)

    def ask(self, *words):
        """Sends one line."""
        print(json.dumps(words, default=str), file=self.child.stdin, flush=True)

    def said(self):
        """The next line that it says."""
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"The process ended with {self.child.wait()}.")
        return line.rstrip("\n")

    def close(self):
        """Ends the process."""
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()
