"""Waiting for what other processes bring about and nothing announces to the test."""
import time


def eventually(condition, seconds=60):
    """Looks again and again until the condition holds, and returns its value; False if it does not hold in time."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return value
