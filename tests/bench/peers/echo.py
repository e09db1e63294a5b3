"""What the benchmarks of Python systems share: numbered payloads, and figures in the format of the others.

Payloads are those of measure/numbered.h: the number in 8 bytes, 4 bytes of zeros, then x, and the number again in the
last 8 bytes.
"""
import argparse
import collections
import os
import struct
import time


def payload_for(number, size):
    head = struct.pack("<QI", number, 0)
    return head + b"x" * (size - 20) + struct.pack("<Q", number)


def expect(payload, number, size):
    if payload != payload_for(number, size):
        raise RuntimeError("a result is wrong, or another task's")


def report(key, value):
    print(f"{key}\t{value:.6g}", flush=True)


def cpu_seconds_of_tree(root):
    """CPU time of a process and its living descendants, with the children that they have waited for."""
    parents, seconds = {}, {}
    tick = os.sysconf("SC_CLK_TCK")
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        seconds[int(name)] = sum(int(field) for field in fields[11:15]) / tick
    tree = [root]
    for pid in tree:
        tree.extend(child for child, parent in parents.items() if parent == pid)
    return sum(seconds.get(pid, 0) for pid in tree)


def add_options(parser, measurements):
    parser.add_argument("what", nargs="*", default=["throughput", "latency"], help=", ".join(measurements))
    parser.add_argument("--name", help="prefix of the figures")
    parser.add_argument("--seconds", type=float, default=3, help="measuring time of throughput")
    parser.add_argument("--warm-up", type=float, default=1, help="seconds before it")
    parser.add_argument("--window", type=int, default=10_000, help="tasks outstanding")
    parser.add_argument("--bytes", type=int, default=64, help="payload")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--samples", type=int, default=5_000, help="round trips of latency")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="items of map")


def parse(parser, measurements):
    add_options(parser, measurements)
    options = parser.parse_args()
    for word in options.what:
        if word not in measurements:
            parser.error(f"'{word}' is none of {', '.join(measurements)}")
    return options


def make_parser(name, about):
    return argparse.ArgumentParser(prog=name, description=about)


def measure_throughput(name, options, submit):
    """Keeps a window of tasks outstanding. submit(payload) returns a function that waits for the result."""
    outstanding = collections.deque()
    sent = done = 0
    begin = time.monotonic() + options.warm_up
    started, done_before, cpu_before = None, 0, 0.0
    while True:
        while len(outstanding) < options.window:
            outstanding.append(submit(payload_for(sent, options.bytes)))
            sent += 1
        expect(outstanding.popleft()(), done, options.bytes)
        done += 1
        now = time.monotonic()
        if started is None and now >= begin:
            cpu_before = cpu_seconds_of_tree(os.getpid())
            started, done_before = time.monotonic(), done
        elif started is not None and now >= started + options.seconds:
            break
    tasks = done - done_before
    report(f"{name}.tasks_per_s", tasks / (now - started))
    report(f"{name}.cpu_us_per_task", (cpu_seconds_of_tree(os.getpid()) - cpu_before) * 1e6 / tasks)
    for wait in outstanding:
        expect(wait(), done, options.bytes)
        done += 1


def measure_latency(name, options, submit):
    """One task at a time."""
    taken = []
    for number in range(options.samples + options.samples // 10):
        start = time.monotonic()
        expect(submit(payload_for(number, options.bytes))(), number, options.bytes)
        if number >= options.samples // 10:
            taken.append((time.monotonic() - start) * 1e6)
    taken.sort()
    report(f"{name}.p50_us", taken[len(taken) // 2])
    report(f"{name}.p99_us", taken[min(len(taken) * 99 // 100, len(taken) - 1)])
