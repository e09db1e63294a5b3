"""A program on a terminal of its own, whose screen a test can read: a VT52, which has few sequences."""
import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

GUARD = 60  # seconds after which a wait has failed


class Screen:
    """The characters on a VT52."""

    def __init__(self, width, height):
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pending = ""
        self.row = self.column = 0
        self.resize(width, height)

    def resize(self, width, height):
        self.width, self.height = width, height
        self.cells = [[" "] * width for _ in range(height)]
        self.row, self.column = min(self.row, height - 1), min(self.column, width - 1)

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]

    def feed(self, received):
        self.pending += self.decoder.decode(received)
        while self.pending and self.take_one():
            pass

    def take_one(self):
        """Takes one character or sequence; returns whether it was whole."""
        first = self.pending[0]
        size = 1
        if first == "\x1b":
            size = 2 if len(self.pending) > 1 and self.pending[1] != "Y" else 4
        if len(self.pending) < size:
            return False
        taken, self.pending = self.pending[:size], self.pending[size:]
        if first == "\x1b":
            self.sequence(taken[1], taken[2:])
        elif first in "\r\n\b\t":
            self.control(first)
        elif first >= " ":
            self.put(first)
        return True

    def put(self, character):
        if self.row < self.height and self.column < self.width:
            self.cells[self.row][self.column] = character
        self.column = min(self.column + 1, self.width - 1)

    def control(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character == "\t":
            self.column = min(self.column // 8 * 8 + 8, self.width - 1)
        elif self.row + 1 < self.height:
            self.row += 1
        else:
            self.cells = self.cells[1:] + [[" "] * self.width]

    def sequence(self, name, place):
        if name == "Y":
            self.row, self.column = min(ord(place[0]) - 32, self.height - 1), min(ord(place[1]) - 32, self.width - 1)
        elif name in "ABCD":
            rows, columns = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}[name]
            self.row = min(max(self.row + rows, 0), self.height - 1)
            self.column = min(max(self.column + columns, 0), self.width - 1)
        elif name == "H":
            self.row = self.column = 0
        elif name == "I":
            if self.row > 0:
                self.row -= 1
            else:
                self.cells = [[" "] * self.width] + self.cells[:-1]
        elif name in "JK":
            self.cells[self.row][self.column:] = [" "] * (self.width - self.column)
            for row in range(self.row + 1, self.height if name == "J" else 0):
                self.cells[row] = [" "] * self.width


class Terminal:
    """A program that has started on a terminal of that size."""

    def __init__(self, arguments, width=80, height=24, kind="vt52", **environment):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(width, height)
        self.received = b""
        self.set_size(width, height)
        self.before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            self.become(arguments, dict(os.environ, TERM=kind, LC_ALL="C.UTF-8", **environment))

    def become(self, arguments, environment):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for descriptor in range(3):
            os.dup2(self.slave, descriptor)
        os.closerange(3, 256)
        try:
            os.execve(arguments[0], arguments, environment)
        finally:
            os._exit(127)

    def set_size(self, width, height):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width, height):
        self.read(0)
        self.screen.resize(width, height)
        self.set_size(width, height)  # the kernel sends SIGWINCH

    def read(self, seconds):
        """Reads what has come, or comes within that time."""
        while select.select([self.master], [], [], seconds)[0]:
            received = os.read(self.master, 65536)
            self.received += received
            self.screen.feed(received)
            seconds = 0

    def press(self, keys):
        os.write(self.master, keys.encode())

    def until(self, condition, what):
        """Waits until the condition holds for the lines of the screen, and returns its value."""
        deadline = time.monotonic() + GUARD
        while time.monotonic() < deadline:
            self.read(0.1)
            value = condition(self.screen.lines())
            if value:
                return value
        raise AssertionError(f"not within time: {what}\n" + "\n".join(self.screen.lines()))

    def until_shown(self, *texts):
        return self.until(lambda lines: all(any(text in line for line in lines) for text in texts), texts)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, options=0):
        """Waits until the program has ended or, with WUNTRACED, stopped; returns its wait status."""
        deadline = time.monotonic() + GUARD
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG | options)
            if pid:
                self.read(0)
                return status
            self.read(0.05)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("the program does not end\n" + "\n".join(self.screen.lines()))

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        os.close(self.master)
        os.close(self.slave)
