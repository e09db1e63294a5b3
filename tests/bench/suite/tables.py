"""Figures as Markdown: a table for each set, and lines that compare a ratio with the goal."""
from markdown import code, goal, number, spread, table
from sets import SIZES

# Each row of the throughput table: how it works, and the row that does the same without batches.
WAYS = {
    "forkmill": ("`submit()` for each task; a message carries what waits", ""),
    "forkmill-map": ("`map()`, 5,000 tasks a call", "forkmill"),
    "gearmand": ("a worker takes one job at a time, as its libraries do", ""),
    "gearmand-ahead": ("a worker grabs 64 jobs ahead, one I/O thread", "gearmand"),
    "nats": ("NATS core: queue group and reply subject; nothing is kept", ""),
    "redis-each": ("lists, one element a `BRPOP`", ""),
    "redis": ("lists, up to 64 elements a `BLMPOP`", "redis-each"),
    "multiprocessing": ("`Pool.apply_async`, pipes, no broker", ""),
    "celery": ("Celery on Redis, prefork pool", ""),
    "zmq": ("a bare ZeroMQ ROUTER, one task a message: the floor", ""),
    "zmq-batch": ("the same, 100 tasks a message", "zmq"),
}
PARTS = ("client.main", "client.engine", "client.io", "broker.loop", "broker.store", "broker.io", "link.loop",
         "link.io", "child", "rest")


class View:
    """The figures of one set and parameter."""

    def __init__(self, figures, set_name, parameter=""):
        self.figures, self.set_name, self.parameter = figures, set_name, parameter

    def get(self, system, name):
        return self.figures.median(self.set_name, self.parameter, system, name)

    def runs(self, system, name):
        return self.figures.runs(self.set_name, self.parameter, system, name)

    def ratio(self, name, one, other):
        return self.figures.ratio(self.set_name, self.parameter, name, one, other)

    def systems(self, name):
        return self.figures.systems(self.set_name, name)

    def of(self, system):
        return lambda name: self.get(system, name)

    def rates(self, systems=None):
        return [[code(system), number(self.get(system, "tasks_per_s")), spread(self.runs(system, "tasks_per_s")),
                 number(self.get(system, "cpu_us_per_task"), 1)]
                for system in systems or self.systems("tasks_per_s") if self.runs(system, "tasks_per_s")]

    def cpu(self):
        """Where the CPU time of forkmill goes."""
        systems = self.systems("cpu_us.broker.loop")

        def used(system, part):
            return self.get(system, f"cpu_us.{part}") or 0
        parts = [part for part in PARTS if any(used(system, part) >= 0.005 for system in systems)]
        rows = [[code(system), *(number(used(system, part), 2) for part in parts)] for system in systems]
        return table(["CPU µs a task", *parts], rows) + "\n" if rows else ""


def throughput(figures):
    view = View(figures, "throughput")
    rows = []
    for row in view.rates(WAYS):
        way, twin = WAYS[row[0].strip("`")]
        rows.append([*row, way + (f"; without batches: {code(twin)}" if twin else "")])
    goals = "".join(goal(text, view.ratio("tasks_per_s", "forkmill", peer), limit) for text, peer, limit in (
        ("forkmill in units of `gearmand-ahead`", "gearmand-ahead", 1), ("of NATS core", "nats", 1),
        ("of bare ZeroMQ, one task a message", "zmq", 0.6), ("of `gearmand`", "gearmand", 4)))
    goals += goal("CPU µs of a task", view.get("forkmill", "cpu_us_per_task"), 3.5, True, 1)
    heads = ["system", "tasks/s", "lowest to highest", "CPU µs a task, all processes", "how"]
    return "\n".join([table(heads, rows), "", view.cpu(), goals])


def latency(figures):
    view = View(figures, "latency")
    rows = [[code(system), number(view.get(system, "p50_us")), spread(view.runs(system, "p50_us")),
             number(view.get(system, "p99_us"))] for system in view.systems("p50_us")]
    return (table(["system", "round trip p50 µs", "lowest to highest", "p99 µs"], rows) + "\n\n" +
            goal("forkmill's p50 in units of gearmand's", view.ratio("p50_us", "forkmill", "gearmand"), 1, True))


def by_parameter(figures, set_name, head, scale=lambda parameter, rate: rate):
    parameters = figures.parameters(set_name)

    def cell(system, parameter):
        rate = figures.median(set_name, parameter, system, "tasks_per_s")
        return number(None if rate is None else scale(parameter, rate))
    rows = [[code(system), *(cell(system, parameter) for parameter in parameters)]
            for system in figures.systems(set_name, "tasks_per_s")]
    return table([head, *parameters], rows) + "\n\n"


def growth(figures, set_name, system="forkmill"):
    """The rate at the last parameter in units of that at the first."""
    rates = [figures.median(set_name, parameter, system, "tasks_per_s") for parameter in figures.parameters(set_name)]
    return rates[-1] / rates[0] if rates[0] and rates[-1] else None


def window(figures):
    return by_parameter(figures, "window", "tasks/s, by tasks outstanding")


def megabytes(parameter, rate):
    return rate * SIZES[parameter][0] / 1e6


def payload(figures):
    text = by_parameter(figures, "payload", "MB/s in each direction", megabytes)
    for parameter, limit in (("1 MiB", 1.5), ("64 KiB", 1)):
        rate = figures.median("payload", parameter, "forkmill", "tasks_per_s")
        if rate is not None:
            text += goal(f"GB/s through forkmill's broker, both directions, {parameter}",
                         2 * megabytes(parameter, rate) / 1000, limit)
    return text


def keys(figures):
    rows = []
    for parameter in figures.parameters("keys"):
        view = View(figures, "keys", parameter)
        for system in view.systems("tasks_per_s"):
            rows.append([parameter, code(system), number(view.get(system, "tasks_per_s")),
                         number(view.get(system, "cpu_us_per_task"), 1), number(view.get(system, "p50_us")),
                         number(view.get(system, "p99_us"))])
    heads = ["payload", "system", "tasks/s", "CPU µs a task, all processes", "round trip p50 µs", "p99 µs"]
    return table(heads, rows) + "\n\n"


def security(figures):
    floods = View(figures, "security", "floods")
    names = floods.systems("kept")
    rows = [[code(name), number(floods.get(name, "alone_per_s")), number(floods.get(name, "beside_burner_per_s")),
             number(floods.get(name, "beside_flood_per_s")), number(floods.get(name, "kept"), 2),
             number(floods.get(name, "flood_cpu"), 2), number(floods.get(name, "broker_peak_mib")),
             number(floods.get(name, "log_lines_per_s"), 1)] for name in names]
    heads = ["flood", "tasks/s alone", "beside as much CPU time", "under the flood", "kept", "CPUs of the flood",
             "broker's peak MiB", "log lines a second"]
    text = table(heads, rows) + "\n\n"
    text += goal("the least that a flood leaves of honest traffic",
                 min(floods.get(name, "kept") for name in names), 0.5)
    text += goal("the broker's peak in units of its limit",
                 max(floods.get(name, "broker_peak_mib") / floods.get(name, "broker_limit_mib") for name in names), 1, True)
    text += goal("log lines a second, at most", max(floods.get(name, "log_lines_per_s") for name in names), 10, True)
    for parameter, limit in (("64 B", 0.7), ("64 KiB", 0.5)):
        view = View(figures, "security", parameter)
        kept, floor = (view.ratio("tasks_per_s", keyed, clear) for keyed, clear in (("tcp-keys", "tcp"), ("zmq-keys", "zmq")))
        text += goal(f"keys in units of none, {parameter}", kept, limit)
        text += f"- the same of bare ZeroMQ, which is the floor, {parameter}: {number(floor, 2)}\n"
        text += goal(f"ipc in units of TCP, {parameter}", view.ratio("tasks_per_s", "ipc", "tcp"), 1)
    rights = View(figures, "security", "rights")
    return text + goal("ns a task for its rights and quotas", rights.get("rights", "ns_per_task"), 100, True)


def clients(figures):
    return (by_parameter(figures, "clients", "tasks/s, by clients") +
            goal("100 clients in units of one", growth(figures, "clients"), 0.8))


def sessions(figures):
    return (by_parameter(figures, "sessions", "tasks/s, by worker sessions") +
            goal("1,000 sessions in units of two", growth(figures, "sessions"), 0.8))


def queues(figures):
    return (by_parameter(figures, "queues", "tasks/s, by queues") +
            goal("10,000 queues in units of one", growth(figures, "queues"), 0.8))


def mixed(figures):
    view = View(figures, "mixed")
    rows = [[code(system), number(view.get(system, "short_p50_us")), number(view.get(system, "short_p99_us"))]
            for system in view.systems("short_p50_us")]
    p99 = view.get("forkmill", "short_p99_us")
    return (table(["short tasks beside long ones", "p50 µs", "p99 µs"], rows) + "\n\n" +
            goal("forkmill's p99 in ms", None if p99 is None else p99 / 1000, 2, True))


def map_(figures):
    view = View(figures, "map")
    ways = {"forkmill-pool-map": "`Pool::map` on local://, chunks by itself",
            "forkmill-pool-map-chunk-of-1": "`Pool::map`, one item a chunk",
            "forkmill-map": "`client.map`, a future for each", "forkmill-submit": "`client.submit` for each",
            "multiprocessing-map": "Python's `Pool.map`, chunks by itself",
            "multiprocessing-map-chunk-of-1": "Python's `Pool.map`, one item a chunk"}
    rows = [[way, number(view.get(system, "items_per_s")), spread(view.runs(system, "items_per_s"))]
            for system, way in ways.items()]
    return (table(["squares of small integers", "items/s", "lowest to highest"], rows) + "\n\n" +
            goal("`Pool::map` in units of Python's",
                 view.ratio("items_per_s", "forkmill-pool-map", "multiprocessing-map"), 1))


def commands(figures):
    view = View(figures, "commands")
    rows = [[code(system), number(view.get(system, "jobs_per_s")), spread(view.runs(system, "jobs_per_s"))]
            for system in view.systems("jobs_per_s")]
    return (table(["`true` for each line of the input", "jobs/s", "lowest to highest"], rows) + "\n\n" +
            goal("forkmill map in units of xargs -P2 -n1", view.ratio("jobs_per_s", "forkmill-map", "xargs"), 2) + "\n" +
            goal("forkmill map /bin/true in units of bare posix_spawn",
                 view.ratio("jobs_per_s", "forkmill-map-program", "posix-spawn"), 0.8))


def startup(figures):
    view = View(figures, "startup")
    rows = [[code(system), number(view.get(system, "startup_ms"))] for system in view.systems("startup_ms")]
    took = view.get("forkmill-dev", "startup_ms")
    return (table(["from nothing to the first result, and to the end", "ms"], rows) + "\n\n" +
            goal("forkmill dev, in s", None if took is None else took / 1000, 0.4, True))


def memory(figures):
    view = View(figures, "memory")
    rows = [["forkmill's broker", number(view.get("inflight", "broker_bytes_per_task"))],
            ["forkmill's client, with the future", number(view.get("inflight", "client_bytes_per_task"))],
            ["gearmand", number(view.get("gearmand", "server_bytes_per_task"))],
            ["Redis", number(view.get("redis", "server_bytes_per_task"))]]
    return (table(["a waiting 64-byte task", "bytes"], rows) + "\n\n" +
            goal("bytes in forkmill's broker", view.get("inflight", "broker_bytes_per_task"), 200, True, 0))


def inflight(figures):
    get = View(figures, "inflight").of("inflight")
    return (f"All submitted before a worker is there: submitted at {number(get('submitted_per_s'))}/s, "
            f"drained at {number(get('drained_per_s'))}/s, {number(get('lost'))} lost; "
            f"client: {number(get('client_bytes_per_task'))} bytes a task, peak {number(get('client_peak_mib'))} MiB; "
            f"broker: {number(get('broker_bytes_per_task'))} bytes a task, "
            f"peak {number(get('broker_peak_mib'))} MiB.\n")


def respawn(figures):
    get = View(figures, "respawn").of("respawn")
    return (f"A child died: the next task runs after {number(get('p50_ms'), 2)} ms (p50).\n\n" +
            goal("the slowest, in ms", get("max_ms"), 10, True))


def durable(figures):
    view = View(figures, "durable")
    rows = [[*row, number(view.get(row[0].strip("`"), "p50_us")), number(view.get(row[0].strip("`"), "p99_us"))]
            for row in view.rates()]
    disk = view.of("disk")
    goals = "".join(goal(text, view.ratio("tasks_per_s", "forkmill-durable", peer), limit) for text, peer, limit in (
        ("forkmill-durable in units of jetstream", "jetstream", 3), ("of beanstalkd", "beanstalkd", 30),
        ("of forkmill in memory", "forkmill-memory", 0.5)))
    trips = [view.get(system, "p50_us") for system in ("forkmill-durable", "forkmill-memory")]
    if all(trips) and disk("sync_4k.p50_us"):
        goals += goal("syncs in a round trip, beyond that in memory",
                      (trips[0] - trips[1]) / disk("sync_4k.p50_us"), 2, True)
    heads = ["system", "tasks/s", "lowest to highest", "CPU µs a task, all processes", "round trip p50 µs", "p99 µs"]
    syncs = (f"Append and sync: 4 KiB {number(disk('sync_4k.p50_us'))} µs (p50), "
             f"{number(disk('sync_4k.p99_us'))} µs (p99); "
             f"64 KiB {number(disk('sync_64k.p50_us'))} µs, {number(disk('sync_64k.p99_us'))} µs.")
    return "\n".join([table(heads, rows), "", view.cpu(), syncs, "", goals])


def cluster(figures):
    view = View(figures, "cluster")
    rows = [[*row, number(view.get(row[0].strip("`"), "p50_us")), number(view.get(row[0].strip("`"), "p99_us"))]
            for row in view.rates()]
    heads = ["system", "tasks/s", "lowest to highest", "CPU µs a task, all processes", "round trip p50 µs", "p99 µs"]
    goals = (goal("tasks/s on PostgreSQL without a standby", view.get("forkmill-postgres", "tasks_per_s"), 60_000, False, 0) +
             goal("with a standby", view.get("forkmill-postgres-standby", "tasks_per_s"), 30_000, False, 0) +
             goal("four shards in units of one, with a standby",
                  view.ratio("tasks_per_s", "forkmill-postgres-4-shards", "forkmill-postgres-standby"), 1.5))
    ratios = [number(view.ratio("tasks_per_s", "forkmill-durable", system), 1)
              for system in ("forkmill-postgres", "forkmill-postgres-standby")]
    beside = f"A data directory does {ratios[0]} times as many as PostgreSQL alone, {ratios[1]} times as many as with a standby."
    return "\n".join([table(heads, rows), "", view.cpu(), beside, "", goals])


def cluster_backlog(figures):
    parameter = figures.parameters("cluster_backlog")[-1]
    get = View(figures, "cluster_backlog", parameter).of("backlog")
    peak = max(get(name) for name in ("full_peak_mib", "restart_peak_mib", "drain_peak_mib"))
    return (f"{parameter} tasks queued in PostgreSQL at {number(get('submitted_per_s'))}/s, worked off at "
            f"{number(get('drained_per_s'))}/s.\n\n" +
            goal("broker's peak, MiB", peak, 1024, True, 0) +
            goal("seconds from SIGKILL to serving again, the lease included", get("restart_s"), 20, True))


def cluster_takeover(figures):
    get = View(figures, "cluster_takeover").of("takeover")
    return (f"The owner was killed {number(get('rounds'))} times: the first result after {number(get('first_p50_s'), 1)} s "
            f"(median), all of 10,000 after {number(get('all_max_s'), 1)} s at most.\n\n" +
            goal("the latest first result, in s", get("first_max_s"), 3, True, 1) +
            goal("tasks lost", get("lost"), 0, True, 0))


def toolkit(figures):
    view = View(figures, "toolkit")
    get, pool = view.of("toolkit"), view.of("pool")
    rows = [[text, number(get(f"{part}.p50_us")), number(get(f"{part}.p99_us"))] for text, part in (
        ("two round trips of bare ZeroMQ", "floor"), ("lock: acquire and release", "lock"),
        ("queue: put and get", "queue"))]
    goals = "".join(goal(f"{part} in units of two bare round trips",
                         get(f"{part}.p50_us") / get("floor.p50_us"), 1.5, True) for part in ("lock", "queue"))
    facts = (f"One producer to one consumer: {number(get('items_per_s'))} items/s. "
             f"10,000 waiters for one event wake after {number(get('waiters_ms'))} ms. "
             f"10,000 objects take {number(get('objects_mib'), 1)} MiB. A lock whose holder is killed passes on "
             f"after {number(get('handover_s'), 2)} s (the session's time-out is 10 s).")
    ways = [["one process per task", number(pool("process_each_ms"), 2), "1 ×"],
            ["pool of two: apply_async for each", number(pool("apply_async_ms"), 2),
             f"{number(pool('times_apply_async'))} ×"],
            ["pool of two: map", number(pool("map_ms"), 2), f"{number(pool('times_map'))} ×"],
            ["pool of two, started for it: map", number(pool("start_and_map_ms"), 2),
             f"{number(pool('times_start_and_map'), 1)} ×"]]
    starts = (f"`local_main()` takes {number(pool('local_main_ms'), 2)} ms, the first use of `local://` "
              f"{number(pool('local_first_use_ms'))} ms.")
    return "\n".join([table(["named objects", "p50 µs", "p99 µs"], rows), "", goals, facts, "",
                      table(["100 tiny tasks on local://", "ms", "one process per task takes"], ways), "", starts])


def backlog(figures):
    rows = []
    for parameter in figures.parameters("backlog"):
        get = View(figures, "backlog", parameter).of("backlog")
        peak = max(get(name) for name in ("full_peak_mib", "restart_peak_mib", "drain_peak_mib"))
        rows.append([parameter, number(get("submitted_per_s")), number(get("memory_bytes_per_task")),
                     number(get("disk_bytes_per_task")), number(peak), number(get("restart_s"), 2),
                     number(get("drained_per_s")), number(get("drained_per_s") / get("small_drained_per_s"), 2)])
    last = View(figures, "backlog", figures.parameters("backlog")[-1]).of("backlog")
    heads = ["tasks queued, durable", "submitted/s", "memory, bytes a task", "disk, bytes a task", "broker's peak MiB",
             "SIGKILL to serving again, s", "drained/s", "of the rate at 10,000"]
    return (table(heads, rows) + "\n\n" +
            goal("last 5 % submitted in units of the first",
                 last("submit_last_per_s") / last("submit_first_per_s"), 0.7) +
            goal("drained in units of a backlog of 10,000", last("drained_per_s") / last("small_drained_per_s"), 0.8) +
            goal("seconds to serving again", last("restart_s"), 10, True))


def steady(figures):
    get = View(figures, "steady").of("steady")
    return (f"{number(get('tasks_per_s'))} tasks/s; highest of the first half and of the second: broker "
            f"{number(get('rss_mib_first_half'))} and {number(get('rss_mib_last_half'))} MiB, store "
            f"{number(get('disk_mib_first_half'))} and {number(get('disk_mib_last_half'))} MiB.\n")


def restart(figures):
    view = View(figures, "restart")
    first, every = view.runs("restart", "first_ms"), view.runs("restart", "all_ms")
    median = number(view.get("restart", "first_ms"))
    return (f"Killed with all futures outstanding: the first result after {median} ms (median "
            f"of {len(first)}), all after {number(max(every))} ms.\n\n" +
            goal("the latest first result, in ms", max(first), 2000, True, 0))


def operate(figures):
    rows = []
    for parameter in figures.parameters("operate"):
        view = View(figures, "operate", parameter)
        gateway, pages = view.of("gateway"), view.of("pages")
        rows.append([parameter, number(pages("history_tasks")), number(gateway("broker_percent"), 2),
                     number(gateway("peak_mib"), 1), number(gateway("first_page_kib"), 1), number(pages("median_ms"), 1),
                     number(pages("slowest_ms"), 1)])
    last = View(figures, "operate", figures.parameters("operate")[-1])
    gateway, pages, events = last.of("gateway"), last.of("pages"), last.of("events")
    heads = ["tasks queued", "in the history", "of the broker's time, %", "gateway's peak MiB", "first page, KiB",
             "answer, median ms", "slowest, ms"]
    streams = [["none", number(events("unwatched_tasks_per_s")), "-", number(events("unwatched_broker_us"), 2)],
               ["two, one of them slow", number(events("tasks_per_s")), number(events("per_s")),
                number(events("broker_us"), 2)]]
    return (table(heads, rows) + "\n\n" +
            goal("percent of the broker's time, all pages open and a scrape every 5 s", gateway("broker_percent"), 2, True) +
            goal("MiB of the gateway", gateway("peak_mib"), 60, True, 1) +
            goal("KiB of the first page", gateway("first_page_kib"), 100, True, 1) +
            goal("ms of the slowest answer to any page or search", pages("slowest_ms"), 200, True, 1) + "\n" +
            table(["streams of events", "tasks/s", "events/s", "CPU of the broker, µs a task"], streams) + "\n\n" +
            goal("tasks/s with both streams", events("tasks_per_s"), 100_000, digits=0) +
            goal("events that a stream neither told nor counted as missed", events("unaccounted"), 0, True, 0) +
            f"\nThe slow stream was not told {number(events('missed_percent'), 1)} % of the events. The broker took "
            f"{number(events('broker_mib'), 1)} MiB more while it was watched.\n")


TABLES = {"throughput": throughput, "latency": latency, "window": window, "payload": payload, "keys": keys, "security": security,
          "clients": clients, "sessions": sessions, "queues": queues, "mixed": mixed, "map": map_, "commands": commands, "startup": startup,
          "memory": memory, "inflight": inflight, "respawn": respawn, "durable": durable, "cluster": cluster,
          "cluster_backlog": cluster_backlog, "cluster_takeover": cluster_takeover, "toolkit": toolkit,
          "backlog": backlog, "steady": steady, "restart": restart, "operate": operate}


def text_of(figures, name):
    """The table of a set; None if a figure that it needs is missing, because a step has failed."""
    try:
        return TABLES[name](figures) if figures.has(name) else None
    except (TypeError, ValueError, IndexError):
        return None
