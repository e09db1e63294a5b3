#!/usr/bin/env python3
"""What it costs to watch a broker, and how long that takes, with many tasks queued and many in its history.

cost: a gateway with its pages open and its metrics scraped. The broker has nothing else to do, so that all of its CPU
time is what the gateway asks for. In percent of one processor, that is the part of its throughput that a busy broker
would lose, since one thread has its rules.

pages: what each page and each search asks, one after the other, from a broker in memory and from one on disk with a
history. The slowest answer of all counts, and is named on stderr.

events: bench_watch.
"""
import argparse
import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from eventually import eventually  # noqa: E402

WATCHED = ("/api/v1/overview", "/api/v1/queues", "/api/v1/workers", "/api/v1/processes", "/api/v1/errors",
           "/api/v1/objects", "/api/v1/audit")
# Pages ask for these as well, and operators search for tasks. The places of {task} and {old} take a queued task and a
# finished one.
ASKED = ("/api/v1/tasks?limit=50", "/api/v1/tasks?state=ready", "/api/v1/tasks?state=running",
         "/api/v1/tasks?queue=none", "/api/v1/tasks?task=none", "/api/v1/tasks?error=none",
         "/api/v1/tasks?argument=none", "/api/v1/tasks?since=1h", "/api/v1/tasks?until=1h",
         "/api/v1/tasks?id=ffffffff", "/api/v1/tasks?id={task}", "/api/v1/dead", "/api/v1/dead?error=none",
         "/api/v1/tasks/{task}", "/api/v1/tasks/{task}/why", "/api/v1/tasks/{task}/logs",
         "/api/v1/queues/default", "/api/v1/queues/default/why", "/api/v1/queues/default/scaling", "/api/v1/status",
         "/api/v1/names", "/api/v1/changes", "/metrics", "/", "/healthz", "/readyz")
ASKED_OF_HISTORY = ("/api/v1/tasks?finished=true", "/api/v1/tasks?finished=true&limit=1000",
                    "/api/v1/tasks?finished=true&state=failed", "/api/v1/tasks?finished=true&queue=none",
                    "/api/v1/tasks?finished=true&task=none", "/api/v1/tasks?finished=true&error=none",
                    "/api/v1/tasks?finished=true&since=1h", "/api/v1/tasks?finished=true&until=1h",
                    "/api/v1/tasks?finished=true&id={old}", "/api/v1/tasks/{old}", "/api/v1/tasks/{old}/why")
ASKS = 10     # times each
SCRAPES = 5   # seconds between two; Prometheus itself takes 15 unless told otherwise
FAILURES = 50
TICKS = os.sysconf("SC_CLK_TCK")


def report(key, value):
    print(f"{key}\t{value:.6g}", flush=True)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as source:
        fields = source.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as source:
        return int(re.search(r"VmHWM:\s+(\d+) kB", source.read())[1]) / 1024


def share(pid, seconds):
    """The CPU time of a process in percent of one processor."""
    before, begin = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu_seconds(pid) - before) / (time.monotonic() - begin)


class Gateway:
    def __init__(self, forkmill, broker):
        self.process = subprocess.Popen([forkmill, "web", "--listen", "127.0.0.1:0", "--broker", broker],
                                        stdout=subprocess.PIPE, text=True)
        self.url = urllib.parse.urlsplit(self.process.stdout.readline().strip())

    def connection(self):
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)

    def get(self, path):
        """The body and the bytes of the whole answer."""
        with contextlib.closing(self.connection()) as connection:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
            return body, len(body) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())

    def await_broker(self):
        def answers():
            with contextlib.suppress(RuntimeError):
                return self.get("/readyz")

        if not eventually(answers):
            raise RuntimeError("the gateway has no broker")

    def first_page(self):
        """The bytes of all that a browser loads for the first page."""
        weight, seen, named = 0, set(), ["/"]
        while named:
            path = named.pop()
            if path in seen:
                continue
            seen.add(path)
            body, size = self.get(path)
            weight += size
            text = gzip.decompress(body).decode()
            named += re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
            named += ["/static/" + name for name in re.findall(r'(?:from |import\()"\./([^"]+)"', text)]
        return weight + self.get("/api/v1/session")[1] + self.get("/api/v1/overview")[1]


class Users:
    """Pages that are open, somebody who browses, and a scraper."""

    def __init__(self, gateway, paths):
        self.gateway = gateway
        self.stopping = threading.Event()
        self.failures = []
        self.begun = threading.Semaphore(0)  # a unit for each stream that has had its first answer
        self.streams = len(paths)
        self.threads = [threading.Thread(target=self.run, args=(self.watch, path)) for path in paths]
        self.threads += [threading.Thread(target=self.run, args=(self.ask, path, every))
                         for path, every in (("/metrics", SCRAPES), ("/api/v1/tasks?limit=50", 5))]
        for thread in self.threads:
            thread.start()

    def run(self, act, *arguments):
        try:
            act(*arguments)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            if not self.stopping.is_set():
                self.failures.append(f"{arguments[0]}: {error}")

    def watch(self, path):
        with contextlib.closing(self.gateway.connection()) as connection:
            connection.request("GET", path + "?watch=1")
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}")
            answer.readline()
            self.begun.release()
            while not self.stopping.is_set() and answer.readline():
                pass

    def await_streams(self):
        for _ in range(self.streams):
            if not self.begun.acquire(timeout=60):
                raise RuntimeError("; ".join(self.failures) or "a stream had no answer within a minute")

    def ask(self, path, every):
        while not self.stopping.is_set():
            self.gateway.get(path)
            self.stopping.wait(every)

    def stop(self):
        self.stopping.set()
        self.gateway.process.kill()  # ends the streams
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise RuntimeError("; ".join(self.failures))


@contextlib.contextmanager
def running(*words):
    process = subprocess.Popen(words)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def fail_some(forkmill, broker):
    """Tasks for the page of errors. Returns the id of one."""
    ids = [subprocess.run([forkmill, "submit", "-d", "--broker", broker, "--attempts", "1", "forkmill.exec", str(number)],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip() for number in range(FAILURES)]

    def have_failed():
        shown = subprocess.run([forkmill, "status", "-o", "json", "--broker", broker], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
        return json.loads(shown)["tasks"]["failed"] == FAILURES

    if not eventually(have_failed):
        raise RuntimeError("the tasks have not failed")
    return ids[0]


class Programs:
    def __init__(self, options, place):
        self.options, self.broker = options, f"ipc://{place}/broker.socket"

    def path(self, name):
        folder = "tests/bench" if "bench" in name else "bin"
        return os.path.join(self.options.build, folder, name)

    def serve(self, *words):
        """The broker."""
        return running(self.path("forkmill-broker"), "--listen", self.broker, "--queue-max-tasks", "20000000",
                       "--queue-max-bytes", "64G", "--log-level", "warn", *words)

    def work(self, name, *words):
        """A pool of two processes."""
        return running(self.path(name), "--broker", self.broker, "--processes", "2", "--log-level", "warn", *words)

    def fill(self, *words):
        subprocess.run([self.path("bench_fill"), "--broker", self.broker, "--tasks", str(self.options.tasks), *words],
                       check=True)

    def status(self):
        shown = subprocess.run([self.path("forkmill"), "status", "-o", "json", "--broker", self.broker],
                               stdout=subprocess.PIPE, text=True, check=True).stdout
        return json.loads(shown)


@contextlib.contextmanager
def serving(programs):
    """A gateway that has its broker."""
    gateway = Gateway(programs.path("forkmill"), programs.broker)
    try:
        gateway.await_broker()
        yield gateway
    finally:
        gateway.process.kill()
        gateway.process.wait()


class Answers:
    """How long answers take, in ms."""

    def __init__(self):
        self.taken, self.slowest, self.asked = [], 0.0, ""

    def time(self, gateway, path):
        begin = time.monotonic()
        body, _ = gateway.get(path)
        ms = 1000 * (time.monotonic() - begin)
        self.taken.append(ms)
        if ms > self.slowest:
            self.slowest, self.asked = ms, path
        return body

    def time_all(self, gateway, paths):
        for path in paths:
            for _ in range(ASKS):
                self.time(gateway, path)

    def time_pages(self, gateway, path):
        """Follows the cursors of one search. Returns how many pages it has."""
        cursor = ""
        for page in range(1, 1 + ASKS):
            cursor = json.loads(self.time(gateway, path + cursor))["next"]
            if cursor is None:
                return page
            cursor = f"&cursor={cursor}"
        return ASKS


def first_task(gateway, query):
    return json.loads(gateway.get("/api/v1/tasks?limit=1&" + query)[0])["tasks"][0]["id"]


def measure_cost(programs, seconds, answers):
    """A broker in memory with tasks queued. Returns the gateway's peak of memory."""
    with programs.serve("--memory") as served, programs.work("forkmill-worker", "--allow-exec"):
        failed = fail_some(programs.path("forkmill"), programs.broker)
        programs.fill()
        base = share(served.pid, seconds)
        with serving(programs) as gateway:
            report("gateway.first_page_kib", gateway.first_page() / 1024)
            users = Users(gateway, [*WATCHED, f"/api/v1/tasks/{failed}", f"/api/v1/tasks/{failed}/why"])
            users.await_streams()
            report("gateway.broker_percent", max(share(served.pid, seconds) - base, 0.0))
            peak = peak_mib(gateway.process.pid)
            users.stop()
        with serving(programs) as gateway:
            task = first_task(gateway, "state=ready")
            answers.time_all(gateway, [path.format(task=task) for path in (*WATCHED, *ASKED)])
            return max(peak, peak_mib(gateway.process.pid))


def measure_history(programs, place, answers):
    """A broker on disk with tasks queued, and as many in its history. Returns the gateway's peak of memory."""
    with programs.serve("--data", os.path.join(place, "data"), "--history-size", "4G"):
        with programs.work("forkmill-bench-worker"):
            programs.fill("--run")
        programs.fill()

        def is_whole():
            history = programs.status()["history"]
            return history["tasks"] + history["dropped"] >= programs.options.tasks and history

        kept = eventually(is_whole)
        if not kept:
            raise RuntimeError(f"the history has no {programs.options.tasks} tasks: {programs.status()['history']}")
        report("pages.history_tasks", kept["tasks"])
        with serving(programs) as gateway:
            task, old = first_task(gateway, "state=ready"), first_task(gateway, "finished=true")
            paths = [path.format(task=task, old=old) for path in (*WATCHED, *ASKED, *ASKED_OF_HISTORY)]
            answers.time_all(gateway, paths)
            for search in ("limit=1000", "queue=none&limit=50"):
                answers.time_pages(gateway, "/api/v1/tasks?finished=true&" + search)
                answers.time_pages(gateway, "/api/v1/tasks?" + search)
            return peak_mib(gateway.process.pid)


def measure(options, place):
    programs, answers = Programs(options, place), Answers()
    peaks = [measure_cost(programs, options.seconds, answers), measure_history(programs, place, answers)]
    report("gateway.peak_mib", max(peaks))
    report("pages.slowest_ms", answers.slowest)
    report("pages.median_ms", statistics.median(answers.taken))
    print(f"operate.py: the slowest answer was that of {answers.asked}", file=sys.stderr)
    subprocess.run([programs.path("bench_watch"), "--seconds", str(options.seconds / 6)], check=True)


def main():
    parser = argparse.ArgumentParser(prog="operate.py", description=__doc__)
    parser.add_argument("--build", required=True, help="build folder")
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20, help="how long the cost is measured")
    parser.add_argument("--data", help="where the store is made, and removed again; a folder on a disk")
    options = parser.parse_args()
    if options.data:
        os.makedirs(options.data, exist_ok=True)
    place = tempfile.mkdtemp(prefix="forkmill-bench.", dir=options.data)
    try:
        measure(options, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"operate.py: {error}", file=sys.stderr)
        sys.exit(1)
