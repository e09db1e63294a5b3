"""The load of deploy/test-cluster: brokers, workers and a submitting client, which are those of the chaos ring, and the
journals by which its checker counts what was lost or doubled (tests/chaos/journal.h)."""
import glob
import os
import signal
import subprocess
import threading
import time

from machines import Failure, eventually

PORT = 7117
SESSION_TIMEOUT = 4  # seconds; as kSessionTimeout of tests/chaos/tasks.h
TIMES = ["--heartbeat", "1s", "--session-timeout", f"{SESSION_TIMEOUT}s"]
# The checker wants results to be kept.
KEPT = ["--result-ttl", "240h", "--key-window", "240h", "--kept-results", "500000", "--kept-result-bytes", "512M",
        "--dead-letters", "1000"]


def now_us():
    return time.monotonic_ns() // 1000


class Journal:
    """The ring's own journal: when another broker may have begun, and workers may have been out of reach."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()

    def append(self, words):
        with self.lock, open(self.path, "a", encoding="ascii") as file:
            file.write(f"{now_us()} {words}\n")

    def other_broker(self):
        self.append("R")
        self.append(f"K 0 {now_us()} {now_us() + 2 * SESSION_TIMEOUT * 1_000_000}")


class Brokers:
    """A broker on each machine of the database."""

    def __init__(self, build, database, keys, journal):
        self.program = os.path.join(build, "bin/forkmill-broker")
        self.database = database
        self.keys = keys
        self.journal = journal
        self.programs = {}
        self.logs = {}  # the bytes of earlier lives

    def start(self, machine):
        log = os.path.join(machine.folder, "broker.log")
        self.logs[machine] = os.path.getsize(log) if os.path.exists(log) else 0
        words = [self.program, "--listen", f"tcp://{machine.address}:{PORT}", "--store", self.database.url(),
                 "--server-key", f"{self.keys}/broker/broker.key", "--authorized-keys",
                 f"{self.keys}/broker/authorized_keys", *TIMES, *KEPT]
        self.programs[machine] = machine.launch(words, "broker.log", self.database.environment)

    def says(self, machine, text):
        with open(os.path.join(machine.folder, "broker.log"), "rb") as file:
            file.seek(self.logs[machine])
            return text in file.read().decode(errors="replace")

    def await_ready(self, machine):
        eventually(lambda: self.says(machine, "standing by") or self.says(machine, "listening on"), 60,
                   f"the broker on {machine.name} stands by or owns the tasks")

    def owner(self):
        """The machine of the broker that owns the tasks."""
        for machine, program in self.programs.items():
            if program.runs() and self.says(machine, "listening on"):
                return machine
        return None

    def restart_ended(self):
        """Starts brokers again that have ended, as an operator's service manager does."""
        for machine, program in list(self.programs.items()):
            if not program.runs():
                self.start(machine)

    def endpoints(self):
        return ",".join(f"tcp://{machine.address}:{PORT}" for machine in self.programs)


class Load:
    """Two workers and a client on a machine of their own."""

    def __init__(self, build, machine, brokers, keys, journal, pace):
        self.chaos = os.path.join(build, "tests/chaos")
        self.machine = machine
        self.brokers = brokers
        self.keys = keys
        self.journal = journal
        self.folder = os.path.dirname(journal.path)
        self.pace = pace
        self.began = now_us()
        self.read = 0  # bytes of the client's journal
        self.workers = [self.start_worker(number) for number in (1, 2)]
        self.client = self.start_client("client-1.1", ["--pace", str(self.pace), "--seed", str(self.began), "--durable"])

    def environment(self, role):
        return {"FORKMILL_KEY": f"{self.keys}/{role}/{role}.key",
                "FORKMILL_SERVER_PUBLIC_KEY": f"{self.keys}/{role}/broker.key.pub"}

    def start_worker(self, number):
        settings = {**self.environment("worker"), "CHAOS_WORKER": str(number),
                    "CHAOS_JOURNAL": f"{self.folder}/worker-{number}.journal"}
        return self.machine.launch([f"{self.chaos}/chaos-worker", "--broker", self.brokers.endpoints(), "--name",
                                    f"worker-{number}", "--processes", "2", "--kill-grace", "200ms", "--drain-timeout",
                                    "3s"], f"worker-{number}.log", settings)

    def start_client(self, name, more):
        return self.machine.launch([f"{self.chaos}/chaos-client", "--endpoint", self.brokers.endpoints(), "--name", name,
                                    "--folder", self.folder, "--journal", f"{self.folder}/{name}.journal", *more],
                                   f"{name}.log", self.environment("client"), listens=True)

    def await_result(self, since, seconds):
        """Waits for the first result of a task that is submitted after `since`. Returns after how many seconds."""
        young = set()
        end = eventually(lambda: self.first_result(since, young), seconds, "the first result")
        return (end - since) / 1e6

    def first_result(self, since, young):
        """Reads on in the client's journal. `young`: the tasks that were submitted after `since`."""
        path = f"{self.folder}/client-1.1.journal"
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            file.seek(self.read)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]
        self.read += len(text)
        for line in text.decode("ascii", "replace").splitlines():
            words = line.split(" ")
            if words[1] == "S" and int(words[0]) >= since:
                young.add(words[2])
            elif words[1] == "T" and words[2] in young and words[3] == "succeeded":
                return int(words[0])
        return None

    def await_progress(self, seconds=60):
        self.await_result(now_us(), seconds)

    def end(self):
        """Lets all that was submitted end, and reads what is left in named objects."""
        self.client.tell("calm")
        if self.client.wait(180) != 0:
            raise Failure("the client has failed: " + self.machine.log("client-1.1.log"))
        sweep = self.start_client("sweep", ["--sweep", str(self.began)])
        if sweep.wait(120) != 0:
            raise Failure("something is left at the broker: " + self.machine.log("sweep.log"))
        for worker in self.workers:
            worker.signal(signal.SIGTERM)
            worker.wait(30)

    def check(self):
        """Counts what was lost or doubled. Prints the verdict; false: something was."""
        ran = subprocess.run([f"{self.chaos}/forkmill_chaos", "--check", self.folder], stdout=subprocess.PIPE, text=True,
                             timeout=300, check=False)
        print(ran.stdout.strip())
        return ran.returncode == 0 and bool(glob.glob(f"{self.folder}/client-*.journal"))
