#!/usr/bin/env python3
"""What it costs to watch a broker: a gateway with its pages open and its metrics scraped, while tasks are queued.

The broker has nothing else to do, so that all of its CPU time is what the gateway asks for. In percent of one
processor, that is the part of its throughput that a busy broker would lose, since one thread has its rules.
"""
import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

WATCHED = ("/api/v1/overview", "/api/v1/queues", "/api/v1/workers", "/api/v1/processes", "/api/v1/errors",
           "/api/v1/objects", "/api/v1/audit")
SCRAPES = 5   # seconds between two; Prometheus itself takes 15 unless told otherwise
FAILURES = 50
TICKS = os.sysconf("SC_CLK_TCK")


def report(key, value):
    print(f"gateway.{key}\t{value:.6g}", flush=True)


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
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
            return body, len(body) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())

    def await_broker(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(RuntimeError):
                return self.get("/readyz")
            time.sleep(0.05)
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
            text = body.decode()
            named += re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
            named += ["/static/" + name for name in re.findall(r'from "\./([^"]+)"', text)]
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
        process.kill()
        process.wait()


def fail_some(forkmill, broker):
    """Tasks for the page of errors. Returns the id of one."""
    ids = [subprocess.run([forkmill, "submit", "-d", "--broker", broker, "--attempts", "1", "forkmill.exec", str(number)],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip() for number in range(FAILURES)]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        shown = subprocess.run([forkmill, "status", "-o", "json", "--broker", broker], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
        if json.loads(shown)["tasks"]["failed"] == FAILURES:
            return ids[0]
        time.sleep(0.1)
    raise RuntimeError("the tasks have not failed")


def measure(options, place):
    def program(name):
        return os.path.join(options.build, "bin", name)
    broker, forkmill = f"ipc://{place}/broker.socket", program("forkmill")
    with running(program("forkmill-broker"), "--listen", broker, "--memory", "--queue-max-tasks", "20000000",
                 "--queue-max-bytes", "64G", "--log-level", "warn") as served, \
            running(program("forkmill-worker"), "--broker", broker, "--processes", "2", "--allow-exec", "--log-level",
                    "warn"):
        failed = fail_some(forkmill, broker)
        subprocess.run([os.path.join(options.build, "tests/bench/bench_fill"), "--broker", broker, "--tasks",
                        str(options.tasks)], check=True)
        base = share(served.pid, options.seconds)
        gateway = Gateway(forkmill, broker)
        try:
            gateway.await_broker()
            report("first_page_kib", gateway.first_page() / 1024)
            users = Users(gateway, [*WATCHED, f"/api/v1/tasks/{failed}", f"/api/v1/tasks/{failed}/why"])
            users.await_streams()
            report("broker_percent", max(share(served.pid, options.seconds) - base, 0.0))
            report("peak_mib", peak_mib(gateway.process.pid))
            users.stop()
        finally:
            gateway.process.kill()
            gateway.process.wait()


def main():
    parser = argparse.ArgumentParser(prog="operate.py", description=__doc__)
    parser.add_argument("--build", required=True, help="build folder")
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    place = tempfile.mkdtemp(prefix="forkmill-bench.")
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
