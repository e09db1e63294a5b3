#!/usr/bin/env python3
"""`forkmill top` on a terminal: views, keys, sizes, a broker that restarts, and the terminal afterwards. Arguments:
forkmill, forkmill-broker, forkmill-worker."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from terminal import GUARD, Terminal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from need import need  # noqa: E402

FORKMILL, BROKER, WORKER = sys.argv[1:4]


class Cluster:
    """A broker with a data directory, and a worker."""

    def __init__(self, place):
        self.place = place
        self.endpoint = f"ipc://{place}/socket"
        os.environ["FORKMILL_BROKER"] = self.endpoint
        self.start_broker()
        self.worker = subprocess.Popen([WORKER, "--name", "the-worker", "--processes", "1", "--allow-exec",
                                        "--log-level", "off"])

    def start_broker(self):
        self.broker = subprocess.Popen([BROKER, "--listen", self.endpoint, "--data", f"{self.place}/data",
                                        "--log-level", "off"])

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def stop(self):
        for process in (self.worker, self.broker):
            process.kill()
            process.wait()


def command(*arguments, status=0):
    done = subprocess.run([FORKMILL, *arguments], capture_output=True, text=True, timeout=GUARD)
    need(done.returncode == status, arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout.strip()


def ends_well(top, status):
    need(os.waitstatus_to_exitcode(top.wait()) == status, top.screen.lines())
    need(top.is_restored(), "the terminal is not as it was")
    top.close()


def check_views(cluster):
    """Drills from a queue to a task and cancels it, filters, sorts, and drains a worker."""
    waiting = command("submit", "-d", "--queue", "mail", "nobody.has", "1")
    label = "evil\u009b31m"
    command("submit", "-d", "--queue", "other", "--label", label, "nobody.has", "1")
    top = Terminal([FORKMILL, "top", "--interval", "100ms"])
    top.until_shown("QUEUE", "mail", "other", "q quit")
    top.press("/mai")
    top.until(lambda lines: not any("other" in line for line in lines) and "/mai_" in lines[-1], "the filter")
    top.press("\r")
    top.until_shown("1 of")
    top.press("\r")
    top.until_shown("mail: 1 tasks", waiting, "ready")
    top.press("\r")
    top.until_shown(f"task {waiting}", "nobody.has", "reason")
    top.press("x")
    top.until_shown("Cancel task", "y/N")
    top.press("n")
    top.until_shown("nothing was done")
    top.press("x")
    top.until_shown("y/N")
    top.press("y")
    top.until_shown("the task was cancelled")
    need("cancelled" in command("task", "get", waiting))
    top.press("h")
    top.until_shown("mail: 1 tasks", "cancelled")
    top.press("2")
    top.until_shown("2 tasks")
    top.press("s")
    top.until_shown("tasks by ID")
    top.press("3")
    top.until_shown("the-worker", "serving")
    top.press("?")
    top.until_shown("drain the worker")
    top.press(" d")
    top.until_shown("Drain worker the-worker? y/N")
    top.press("y")
    need(cluster.worker.wait(GUARD) == 0, "the worker was not drained")
    top.until_shown("0 workers")
    top.press("1")
    top.until_shown("QUEUE", "other")
    top.press("/other\r")
    top.until(lambda lines: "with \"other\"" in lines[1], "the filter")
    top.press("\r")
    top.until_shown("other: 1 tasks", "ready")
    top.press("\r")
    top.until_shown("task 01", "31m")
    top.press("q")
    ends_well(top, 0)
    need("\u009b".encode() not in top.received, "a label could control the terminal")


def check_sizes():
    top = Terminal([FORKMILL, "top", "--interval", "100ms"])
    top.until_shown("QUEUE", "q quit")
    top.resize(20, 5)
    top.until_shown("QUEUE", "q:quit")
    top.resize(19, 5)
    top.until_shown("too small:", "20x5")
    top.resize(1, 1)
    top.resize(78, 40)
    top.until(lambda lines: "q quit" in lines[39], "the large screen")
    top.press("q")
    ends_well(top, 0)


def check_restart(cluster):
    top = Terminal([FORKMILL, "top", "--interval", "100ms"])
    top.until_shown("QUEUE", "other")
    cluster.kill_broker()
    top.until(lambda lines: "reconnecting" in lines[0], "the loss of the broker")
    top.press("3")
    top.press("1")
    cluster.start_broker()
    top.until(lambda lines: lines[0].startswith("ready") and any("other" in line for line in lines), "the new broker")
    top.press("q")
    ends_well(top, 0)


def check_signals():
    for send, status in ((lambda top: top.signal(signal.SIGTERM), 130), (lambda top: top.press("\x03"), 130),
                         (lambda top: top.signal(signal.SIGHUP), 130)):
        top = Terminal([FORKMILL, "top"], kind="xterm")
        top.until(lambda lines: b"QUEUE" in top.received, "the screen")
        send(top)
        ends_well(top, status)
        begin, end = top.received.find(b"\x1b[?1049h"), top.received.rfind(b"\x1b[?1049l")
        need(0 <= begin < end, "the screen before is not shown again")
    top = Terminal([FORKMILL, "top"])
    top.until_shown("QUEUE")
    top.press("\x1a")
    need(os.WIFSTOPPED(top.wait(os.WUNTRACED)), "Ctrl-Z does not stop it")
    need(top.is_restored(), "the terminal is not as it was while the program is stopped")
    top.screen.resize(80, 24)  # as after the output of a shell
    top.signal(signal.SIGCONT)
    top.until_shown("QUEUE")
    need(not top.is_restored())
    top.press("q")
    ends_well(top, 0)


def check_refusals():
    refused = subprocess.run([FORKMILL, "top"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=GUARD)
    need(refused.returncode == 2 and "needs a terminal" in refused.stderr, refused)
    top = Terminal([FORKMILL, "top", "--broker", "ipc:///no/such/broker", "--connect-timeout", "100ms"])
    ends_well(top, 3)
    need(b"no broker answered" in top.received, top.received)
    top = Terminal([FORKMILL, "top"], kind="no-such-terminal")
    ends_well(top, 1)
    need(b"is not known here" in top.received, top.received)


def main():
    place = tempfile.mkdtemp(prefix="forkmill-e2e.")
    cluster = Cluster(place)
    try:
        deadline = time.monotonic() + GUARD
        while "the-worker" not in command("worker", "ls"):
            need(time.monotonic() < deadline, "the worker does not come")
        check_views(cluster)
        check_sizes()
        check_restart(cluster)
        check_signals()
        check_refusals()
    finally:
        cluster.stop()
        shutil.rmtree(place, ignore_errors=True)
    print("ok")


main()
