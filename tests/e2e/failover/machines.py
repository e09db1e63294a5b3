"""Machines for deploy/test-cluster: each one has namespaces of its own for processes, networks and mounts, and a virtual
cable to a bridge. A machine dies with its first process, and all of them end with the program that made them. Needs
root, and namespaces that isolate() has made."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import eventually as waiting  # noqa: E402

NETWORK = "10.78.0."
# The first process of a machine waits until the machine is stopped, and reaps the orphans of the machine.
FIRST_PROCESS = "tail -f /dev/null & wait"
USER = "postgres"  # runs all programs


class Failure(Exception):
    """Something that the test expected did not happen."""


def isolate(command, seconds):
    """Runs a command in new namespaces, for at most this many seconds, and returns its exit status. Nothing of it is
    left afterwards."""
    inner = subprocess.Popen(["unshare", "--net", "--ipc", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *command])
    try:
        return inner.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        print(f"test-cluster: not done after {seconds} s", file=sys.stderr)
        return 1
    finally:
        inner.kill()
        inner.wait()


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def build_network():
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "bridge", "type", "bridge")
    run("ip", "link", "set", "bridge", "up")


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def eventually(condition, seconds, what):
    """Waits until the condition holds, and returns its value."""
    value = waiting.eventually(condition, seconds)
    if not value:
        raise Failure(f"{what}: not after {seconds} s")
    return value


class Program:
    """A program on a machine."""

    def __init__(self, process):
        self.process = process  # nsenter, whose child the program is

    def runs(self):
        return self.process.poll() is None

    def signal(self, number):
        for pid in children_of(self.process.pid):
            os.kill(pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(timeout=20)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, seconds):
        """Returns the exit status."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"a program has not ended after {seconds} s") from error


class Machine:
    def __init__(self, number, folder):
        self.number = number
        self.name = f"m{number}"
        self.address = f"{NETWORK}{number}"
        self.folder = os.path.join(folder, self.name)  # as a disk, it outlives the machine's death
        os.makedirs(self.folder)
        run("chown", USER, self.folder)
        self.start()

    def start(self):
        self.anchor = subprocess.Popen(["unshare", "--net", "--ipc", "--mount", "--pid", "--fork", "--kill-child",
                                        "--mount-proc", "bash", "-c", FIRST_PROCESS])
        self.first = eventually(lambda: children_of(self.anchor.pid), 10, f"{self.name} starts")[0]
        eventually(lambda: os.readlink(f"/proc/{self.first}/ns/net") != os.readlink("/proc/self/ns/net"), 10,
                   f"{self.name} has a network")
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", str(self.first))
        run("ip", "link", "set", self.name, "master", "bridge", "up")
        for words in (f"addr add {self.address}/24 dev eth0", "link set eth0 up", "link set lo up"):
            run(*self.entered("ip", *words.split()))

    def entered(self, *words):
        return ["nsenter", f"--target={self.first}", "--net", "--ipc", "--mount", "--pid", *words]

    def command(self, words, environment=None):
        """Returns the command that runs `words` on this machine, as the user of all programs."""
        settings = [f"{key}={value}" for key, value in (environment or {}).items()]
        return self.entered("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "env", *settings, *words)

    def launch(self, words, log, environment=None, listens=False):
        """Starts a program. Its output is appended to the file `log` of the machine's folder. `listens`: its stdin is a
        pipe, for tell(). A server must not have one: a session that loses its server during a commit reads it."""
        with open(os.path.join(self.folder, log), "ab") as output:
            return Program(subprocess.Popen(self.command(words, environment), stdout=output, stderr=output, text=True,
                                            cwd=self.folder, stdin=subprocess.PIPE if listens else subprocess.DEVNULL))

    def ask(self, words, environment=None, seconds=30):
        """Runs a command and returns what it prints; none if it fails or takes longer."""
        try:
            ran = subprocess.run(self.command(words, environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True, timeout=seconds, cwd=self.folder, check=False)
        except subprocess.TimeoutExpired:
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    def log(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def die(self):
        """All programs of the machine end at once, as by a power cut; its folder stays."""
        os.kill(self.first, signal.SIGKILL)
        self.anchor.wait(timeout=20)

    def plug(self, is_in):
        run("ip", "link", "set", self.name, "up" if is_in else "down")
