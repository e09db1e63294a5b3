"""The cluster of deploy/cluster/compose.yaml for deploy/test-cluster, in Docker or podman: its containers, a job whose
results are counted, and what is done to the containers."""
import os
import shutil
import subprocess
import threading
import time

from machines import Failure, eventually

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
FILE = os.path.join(TOP, "deploy/cluster/compose.yaml")
PROJECT = "forkmill-test-cluster"
NETWORK = PROJECT + "_forkmill"
MACHINES = (1, 2, 3)
SERVICES = [f"{kind}-{number}" for kind in ("etcd", "database", "broker") for number in MACHINES] + ["worker", "web"]
VOLUMES = ["broker-keys", "worker-keys", "client-keys", "web-keys"]
VOLUMES += [f"{kind}-{number}" for kind in ("etcd", "database") for number in MACHINES]
BROKERS = ",".join(f"tcp://broker-{number}:7117" for number in MACHINES)
# The images that are built here. Those that the environment names are used as they are.
IMAGES = {"FORKMILL_IMAGE": ("forkmill:test-cluster", "deploy/Dockerfile"),
          "DATABASE_IMAGE": ("forkmill-database:test-cluster", "deploy/cluster/Dockerfile")}


def answers(*words):
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def find_engine():
    """The command of the engine, and that for compose files; none if no engine answers."""
    if shutil.which("docker") and answers("docker", "info") and answers("docker", "compose", "version"):
        return "docker", ["docker", "compose"]
    is_debian = os.geteuid() == 0 and shutil.which("apt-get")
    if is_debian and subprocess.run([os.path.join(TOP, "deploy/containers-on-debian")], check=False).returncode == 0:
        return "podman", ["podman-compose"]
    if shutil.which("podman-compose") and answers("podman", "info"):
        return "podman", ["podman-compose"]
    return None


class Job:
    """A `forkmill map` that is given a number now and then, and prints each number once. `seen` has when, by number."""
    PAUSE = 0.05  # seconds between two numbers

    def __init__(self, command, log):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.given = []   # when each number was
        self.seen = {}    # number: all times at which it was printed
        self.strange = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.give, self.listen)]
        for thread in self.threads:
            thread.start()

    def give(self):
        while not self.stop.wait(self.PAUSE):
            try:
                self.process.stdin.write(f"{len(self.given)}\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                return
            self.given.append(time.monotonic())
        self.process.stdin.close()

    def listen(self):
        for line in self.process.stdout:
            number = line.strip()
            if number.isdigit():
                self.seen.setdefault(int(number), []).append(time.monotonic())
            else:
                self.strange.append(number)

    def first_since(self, since):
        """When the first result came of a number that was given after `since`; none: it has not."""
        if self.process.poll() is not None:
            raise Failure(f"the job has ended with status {self.process.returncode}")
        return min((times[0] for number, times in list(self.seen.items()) if self.given[number] >= since), default=None)

    def end(self, seconds):
        """Gives no more numbers, and waits for the results of all. Returns the exit status."""
        self.stop.set()
        try:
            status = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"the job has not ended after {seconds} s") from error
        for thread in self.threads:
            thread.join(10)
        return status

    def verdict(self):
        """How many numbers were given, are lost, came twice, and what else was printed."""
        lost = sum(number not in self.seen for number in range(len(self.given)))
        double = sum(len(times) > 1 for times in self.seen.values())
        return len(self.given), lost, double, len(self.strange)


class Compose:
    def __init__(self, engine, folder, say):
        self.engine, self.command = engine
        self.folder, self.say = folder, say
        self.job = None
        self.cut = []
        self.environment = {**os.environ, "DATABASE_PASSWORD": os.urandom(16).hex(), "FORKMILL_WORKERS": "2",
                            "FORKMILL_WEB_PORT": str(20000 + int.from_bytes(os.urandom(2), "big") % 10000)}

    # ---- The engine

    def run(self, *words, what=None, seconds=600):
        """Runs a command, whose output is shown if it fails."""
        ran = subprocess.run(words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False)
        if ran.returncode != 0:
            print("\n".join(ran.stdout.splitlines()[-40:]), flush=True)
            raise Failure(what or f"{' '.join(words)} has failed with status {ran.returncode}")
        return ran.stdout.strip()

    def ask(self, *words, seconds=20):
        """What a command of the engine prints; none if it fails."""
        try:
            ran = subprocess.run([self.engine, *words], env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    def compose(self, *words, what=None):
        self.run(*self.command, "-p", PROJECT, "-f", FILE, *words, what=what)

    def build(self):
        for variable, (image, file) in IMAGES.items():
            if variable in os.environ:
                continue
            self.say(f"building {image} (takes minutes)")
            self.environment[variable] = image
            path = os.path.join(TOP, file)
            if self.engine == "podman" and os.geteuid() == 0:
                # Works without namespaces and a network of its own.
                command = ["buildah", "bud", "--isolation", "chroot", "--format", "docker"]
            else:
                command = [self.engine, "build"]
            self.run(*command, "-f", path, "-t", image, TOP, what=f"{image} cannot be built", seconds=3600)

    def containers(self, service=None):
        filters = ["--filter", f"label=com.docker.compose.project={PROJECT}"]
        if service:
            filters += ["--filter", f"label=com.docker.compose.service={service}"]
        return (self.ask("ps", "-a", "-q", *filters) or "").split()

    def container(self, service):
        found = self.containers(service)
        if not found:
            raise Failure(f"there is no container of {service}")
        return found[0]

    def is_running(self, service):
        return self.ask("inspect", "-f", "{{.State.Running}}", self.container(service)) == "true"

    # ---- The cluster

    def start(self):
        self.build()
        self.say(f"starting deploy/cluster/compose.yaml, engine: {self.engine}")
        self.compose("up", "-d", *SERVICES, what="the cluster does not start")
        self.await_whole(180)
        log = open(os.path.join(self.folder, "job.log"), "w", encoding="utf-8")
        keys = "/etc/forkmill/client"
        self.job = Job([self.engine, "run", "--rm", "-i", "--name", PROJECT + "-job", "--network", NETWORK, "-v",
                        f"{PROJECT}_client-keys:{keys}", self.environment["FORKMILL_IMAGE"], "forkmill", "--broker",
                        BROKERS, "--server-public-key", f"{keys}/broker.key.pub", "--key", f"{keys}/client.key", "map",
                        "echo {}"], log)
        self.await_result(60)

    def sql(self, machine, text, database="forkmill"):
        return self.ask("exec", self.container(f"database-{machine}"), "psql", "-XAtq", "-h", "/tmp", "-U", "postgres",
                        "-d", database, "-c", text)

    def primary(self):
        """The number of the machine whose server takes writes; none at the moment."""
        for machine in MACHINES:
            if self.sql(machine, "SELECT pg_is_in_recovery()", "postgres") == "f":
                return machine
        return None

    def owner(self):
        """The number of the broker that owns the tasks, which is named after its container; none at the moment."""
        primary = self.primary()
        named = primary and self.sql(primary, "SELECT s.owner || ' ' || s.address FROM forkmill.shard s"
                                     " JOIN forkmill.lease l ON l.shard = s.id WHERE l.lease_until > clock_timestamp()")
        for machine in MACHINES if named else ():
            if self.container(f"broker-{machine}")[:12] in named:
                return machine
        return None

    def is_whole(self):
        primary = self.primary()
        safe = primary and self.sql(
            primary, "SELECT count(*) >= 2 AND count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) > 0"
            " FROM pg_stat_replication WHERE state = 'streaming'", "postgres")
        return safe == "t" and all(self.is_running(service) for service in SERVICES) and self.owner() is not None

    def await_whole(self, seconds=180):
        eventually(self.is_whole, seconds, "three servers and three brokers run")

    def await_result(self, seconds):
        """Waits for the first result of a task that is submitted from now on. Returns how many seconds that took."""
        since = time.monotonic()
        return eventually(lambda: self.job.first_since(since), seconds, "the first result") - since

    # ---- What happens to it

    def kill(self, service):
        self.run(self.engine, "kill", "--signal", "KILL", self.container(service))

    def start_again(self):
        """An engine does not start again what was killed by hand."""
        for service in SERVICES:
            if not self.is_running(service):
                self.run(self.engine, "start", self.container(service))

    def unplug(self, machine):
        for kind in ("broker", "database", "etcd"):
            service = f"{kind}-{machine}"
            self.run(self.engine, "network", "disconnect", "-f", NETWORK, self.container(service))
            self.cut.append(service)

    def plug_in(self):
        for service in reversed(self.cut):
            self.run(self.engine, "network", "connect", "--alias", service, NETWORK, self.container(service))
        self.cut = []

    def logs(self):
        for service in SERVICES:
            with open(os.path.join(self.folder, service + ".log"), "w", encoding="utf-8") as file:
                for container in self.containers(service):
                    subprocess.run([self.engine, "logs", container], stdout=file, stderr=file, check=False)

    def remove(self):
        """Leaves nothing behind but images."""
        if self.job:
            self.job.stop.set()
        answers(self.engine, "rm", "-f", PROJECT + "-job")
        subprocess.run([*self.command, "-p", PROJECT, "-f", FILE, "down", "-t", "5"], env=self.environment, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for container in self.containers():  # some engines leave some
            answers(self.engine, "rm", "-f", container)
        answers(self.engine, "network", "rm", NETWORK)
        for name in VOLUMES:
            answers(self.engine, "volume", "rm", "-f", f"{PROJECT}_{name}")
