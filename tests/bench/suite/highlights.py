"""The table of the front page: the figures that a newcomer wants first."""
from markdown import number, table
from tables import View

NEEDED = ("throughput", "latency", "map", "durable", "backlog", "respawn")


def highlights(figures):
    """None: not all that the table shows was measured."""
    if not all(figures.has(name) for name in NEEDED):
        return None
    try:
        return table_of(figures)
    except TypeError:  # a figure is missing
        return None


def table_of(figures):
    rows = [("short tasks in memory", memory(View(figures, "throughput"))),
            ("one task, there and back", round_trip(View(figures, "latency"))),
            ("durable tasks, both commits synced to disk", durable(View(figures, "durable"))),
            ("one `map` over a million numbers", map_(View(figures, "map"))),
            (f"{figures.parameters('backlog')[-1]} durable tasks queued",
             backlog(View(figures, "backlog", figures.parameters("backlog")[-1]).of("backlog"))),
            ("a crash in a handler", crash(View(figures, "respawn").of("respawn")))]
    return (table(["what you get", "measured on two cores (how: [tests/bench](tests/bench/README.md))"], rows) +
            "\n\n![tasks a second beside other systems](tests/bench/charts/throughput.svg)")


def rounded(value):
    """To three digits: two runs do not have more in common."""
    return number(float(f"{value:.3g}"))


def times(value):
    return f"{number(value, 0 if value >= 10 else 1 if value >= 2 else 2)} ×"


def memory(view):
    to = lambda peer: times(view.ratio("tasks_per_s", "forkmill", peer))  # noqa: E731
    rate, cpu = view.get("forkmill", "tasks_per_s"), view.get("forkmill", "cpu_us_per_task")
    return (f"{rounded(rate)} a second, {number(cpu, 1)} µs of CPU time each: {to('gearmand')} gearmand, "
            f"{to('gearmand-ahead')} gearmand with 64 jobs ahead, {to('nats')} NATS core")


def round_trip(view):
    to = lambda peer: times(view.ratio("p50_us", "forkmill", peer))  # noqa: E731
    return f"{number(view.get('forkmill', 'p50_us'))} µs: {to('gearmand')} gearmand's, {to('zmq')} that of bare ZeroMQ"


def durable(view):
    to = lambda peer: times(view.ratio("tasks_per_s", "forkmill-durable", peer))  # noqa: E731
    return (f"{rounded(view.get('forkmill-durable', 'tasks_per_s'))} a second: {to('jetstream')} NATS JetStream, "
            f"which syncs now and then, {to('beanstalkd')} beanstalkd, {to('forkmill-memory')} forkmill in memory")


def map_(view):
    return (f"{rounded(view.get('forkmill-pool-map', 'items_per_s'))} items a second: "
            f"{times(view.ratio('items_per_s', 'forkmill-pool-map', 'multiprocessing-map'))} Python's `Pool.map`")


def backlog(get):
    return (f"{number(get('memory_bytes_per_task'))} bytes of memory and {number(get('disk_bytes_per_task'))} "
            f"of disk each; back {number(get('restart_s'), 1)} s after `kill -9`")


def crash(get):
    return (f"costs one attempt; a new process runs {number(get('p50_ms'), 1)} ms later, and the future says how "
            "the child died")
