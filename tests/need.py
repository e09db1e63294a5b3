"""What a test needs to be true."""
import os
import sys


def need(condition, *what):
    """Ends the test unless the condition holds: names the line that needs it, and `what` it saw."""
    if not condition:
        frame = sys._getframe(1)
        raise AssertionError(f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}: {what}")
