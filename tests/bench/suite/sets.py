"""The sets: what is run for each, and which packages it needs. A step is one command that measures one system; the
steps of all sets are run in turns, once in each round."""
import os

PACKAGES = {"gearmand": "gearman-job-server", "nats-server": "nats-server", "beanstalkd": "beanstalkd",
            "redis-server": "redis-server", "import celery": "python3-celery", "import redis": "python3-redis",
            "parallel": "parallel", "/usr/lib/postgresql/15/bin/postgres": "postgresql-15"}
SIZES = {"64 B": (64, 10_000), "1 KiB": (1024, 10_000), "64 KiB": (65_536, 256), "1 MiB": (1_048_576, 32)}  # window


class Step:
    def __init__(self, set_name, parameter, command, rounds=None):
        self.set_name = set_name
        self.parameter = parameter  # "": the set has none
        self.command = command
        self.rounds = rounds        # None: all


class Plan:
    """What the options ask for: lengths, places, and the commands of the programs."""

    def __init__(self, options, top):
        self.bin = os.path.join(options.build, "tests/bench")
        self.build = options.build
        self.peers = os.path.join(top, "tests/bench/peers")
        self.suite = os.path.join(top, "tests/bench/suite")
        self.seconds = 0.5 if options.quick else options.seconds
        self.warm_up = 0.3 if options.quick else 1
        self.quick = options.quick
        self.data = options.data
        self.tasks = options.tasks

    def peer(self, program, what, name=None, **more):
        """A command of echo.h or echo.py."""
        folder = self.peers if program in ("bench_multiprocessing", "bench_celery") else self.bin
        values = {"seconds": self.seconds, "warm_up": self.warm_up}
        if self.quick and "latency" in what:
            values["samples"] = 500
        if name:
            values["name"] = name
        words = [os.path.join(folder, program), *what.split()]
        for option, value in {**values, **more}.items():
            words += ["--" + option.replace("_", "-"), str(value)]
        return words

    def ahead(self, what="throughput", **more):
        return self.peer("bench_gearman", what, "gearmand-ahead", prefetch=64, threads=1, **more)

    def items(self, full, quick):
        return quick if self.quick else full


def throughput(plan):
    """64-byte echo tasks, one client with 10,000 outstanding, two worker processes, results back, all in memory."""
    yield "", plan.peer("bench_gearman", "throughput")
    yield "", plan.peer("bench_forkmill", "throughput")
    yield "", plan.peer("bench_zmq", "throughput")
    yield "", plan.peer("bench_nats", "throughput")
    yield "", plan.peer("bench_redis", "throughput", batch=64)
    yield "", plan.ahead()
    yield "", plan.peer("bench_forkmill", "bulk")
    yield "", plan.peer("bench_redis", "throughput", "redis-each", batch=1)
    yield "", plan.peer("bench_zmq", "throughput", "zmq-batch", batch=100)
    yield "", plan.peer("bench_multiprocessing", "throughput")
    yield "", plan.peer("bench_celery", "throughput", window=1_000)


def latency(plan):
    """One task at a time: p50 and p99 of the round trip."""
    yield "", plan.peer("bench_gearman", "latency")
    yield "", plan.peer("bench_forkmill", "latency")
    yield "", plan.peer("bench_zmq", "latency")
    yield "", plan.peer("bench_nats", "latency")
    yield "", plan.peer("bench_redis", "latency")
    yield "", plan.peer("bench_multiprocessing", "latency")
    yield "", plan.peer("bench_celery", "latency", samples=plan.items(500, 50))


def window(plan):
    """Throughput with 1, 100 and 10,000 tasks outstanding: what each system gains by batching."""
    for count in (1, 100, 10_000):
        parameter = f"{count:,}"
        yield parameter, plan.peer("bench_forkmill", "throughput", window=count)
        yield parameter, plan.ahead(window=count)
        yield parameter, plan.peer("bench_nats", "throughput", window=count)
        yield parameter, plan.peer("bench_redis", "throughput", batch=64, window=count)
        yield parameter, plan.peer("bench_zmq", "throughput", window=count)
        yield parameter, plan.peer("bench_multiprocessing", "throughput", window=count)


def payload(plan):
    """Throughput with payloads of 64 B to 1 MiB, there and back; fewer outstanding when they are large."""
    for parameter, (size, count) in SIZES.items():
        more = {"bytes": size, "window": count}
        yield parameter, plan.peer("bench_forkmill", "throughput", **more)
        yield parameter, plan.ahead(**more)
        yield parameter, plan.peer("bench_nats", "throughput", **more)
        yield parameter, plan.peer("bench_redis", "throughput", batch=64, **more)
        yield parameter, plan.peer("bench_zmq", "throughput", **more)
        yield parameter, plan.peer("bench_multiprocessing", "throughput", **more)


def keys(plan):
    """Throughput and latency over TCP with keys, which encrypt all connections, and without."""
    for parameter in ("64 B", "64 KiB"):
        size, count = SIZES[parameter]
        more = {"bytes": size, "window": count}
        yield parameter, plan.peer("bench_forkmill", "throughput latency", **more)
        yield parameter, plan.peer("bench_forkmill", "throughput latency", "forkmill-keys", **more) + ["--keys"]


FLOODS = ("submits", "hellos", "garbage", "slow", "unread", "names")


def security(plan):
    """Honest traffic under floods, beside a process that uses as much CPU; keys on and off, also of bare ZeroMQ; ipc; rights."""
    for flood in FLOODS:
        yield "floods", [os.path.join(plan.bin, "bench_security"), "flood", flood, "--seconds", str(plan.seconds),
                         "--warm-up", str(plan.warm_up)]
    for parameter in ("64 B", "64 KiB"):
        size, count = SIZES[parameter]
        more = {"bytes": size, "window": count}
        yield parameter, plan.peer("bench_forkmill", "throughput", "tcp", **more)
        yield parameter, plan.peer("bench_forkmill", "throughput", "tcp-keys", **more) + ["--keys"]
        yield parameter, plan.peer("bench_forkmill", "throughput", "ipc", **more) + ["--ipc"]
        # The cost of ZeroMQ's encryption without forkmill, with about as many tasks a message: hundreds of small ones, and
        # one of the large ones, which have a frame each.
        batch = {"batch": 100 if size < 1024 else 1, **more}
        yield parameter, plan.peer("bench_zmq", "throughput", "zmq", **batch)
        yield parameter, plan.peer("bench_zmq", "throughput", "zmq-keys", **batch) + ["--keys"]
    yield "rights", [os.path.join(plan.bin, "bench_security"), "rights"]


def clients(plan):
    """Throughput of 1, 10 and 100 client processes, 10,000 tasks outstanding over all of them."""
    for count in (1, 10, 100):
        yield str(count), plan.peer("bench_forkmill", "throughput", clients=count)
        yield str(count), plan.ahead(clients=count)
        yield str(count), plan.peer("bench_nats", "throughput", clients=count)
        yield str(count), plan.peer("bench_redis", "throughput", batch=64, clients=count)
        yield str(count), plan.peer("bench_zmq", "throughput", clients=count)


def sessions(plan):
    """Throughput with 2, 10, 100 and 1,000 worker sessions in two processes, their children played."""
    for count in (2, 10, 100, 1_000):  # a thousand need some seconds to connect
        yield f"{count:,}", plan.peer("bench_forkmill", "throughput", sessions=count, warm_up=4)


def queues(plan):
    """Throughput over 1, 100 and 10,000 queues, served by 40 worker sessions in two processes."""
    for count in (1, 100, 10_000):
        yield f"{count:,}", plan.peer("bench_forkmill", "throughput", sessions=40, queues=count, warm_up=4)


def mixed(plan):
    """Round trip of short tasks while tasks of 100 ms occupy all but one of four workers."""
    yield "", plan.peer("bench_forkmill", "mixed", workers=4)
    yield "", plan.peer("bench_gearman", "mixed", workers=4)
    yield "", plan.ahead("mixed", workers=4)
    yield "", plan.peer("bench_nats", "mixed", workers=4)
    yield "", plan.peer("bench_redis", "mixed", "redis-each", workers=4, batch=1)


def map_(plan):
    """Squares of 1,000,000 small numbers by one call of map(), beside one call for each."""
    count = plan.items(1_000_000, 50_000)
    yield "", plan.peer("bench_forkmill", "map", tasks=count)
    yield "", [os.path.join(plan.bin, "bench_pool"), "--map", str(count)]
    yield "", plan.peer("bench_multiprocessing", "map", tasks=count)


def inflight(plan):
    """1,000,000 tasks submitted before a worker is there, then worked off: memory of client and broker."""
    yield "", plan.peer("bench_forkmill", "inflight", tasks=plan.items(1_000_000, 50_000))


def memory(plan):
    """Memory that a waiting 64-byte task takes in the server."""
    count = plan.items(1_000_000, 50_000)
    yield "", plan.peer("bench_forkmill", "inflight", tasks=count)
    yield "", plan.peer("bench_gearman", "memory", tasks=count)
    yield "", plan.peer("bench_redis", "memory", tasks=count)


def respawn(plan):
    """From the death of a child to the first instruction of the next task in its successor."""
    yield "", plan.peer("bench_forkmill", "respawn", deaths=plan.items(30, 5))


def startup(plan):
    """From the start of a program to its first result."""
    yield "", [os.path.join(plan.suite, "commands.py"), "startup", "--build", plan.build]


def commands(plan):
    """20,000 times `true`: forkmill map with and without a shell, xargs, posix_spawn, GNU parallel."""
    yield "", [os.path.join(plan.suite, "commands.py"), "jobs", "--build", plan.build, "--jobs",
               str(plan.items(20_000, 500))]


def durable(plan):
    """Throughput and latency of tasks that survive a crash, all stores on the same disk."""
    both = {"data": plan.data}
    yield "", plan.peer("bench_jetstream", "throughput latency", **both)
    yield "", plan.peer("bench_jetstream", "throughput latency", "jetstream-core-result", **both) + ["--core-result"]
    yield "", plan.peer("bench_beanstalk", "throughput latency", **both)
    yield "", plan.peer("bench_redis", "throughput latency", "redis-synced", batch=64, **both)
    yield "", plan.peer("bench_redis", "throughput", "redis-synced-each", batch=1, **both)
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-durable", **both)
    yield "", plan.peer("bench_forkmill", "bulk", "forkmill-durable", **both)
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-memory")
    yield "", [os.path.join(plan.bin, "bench_disk"), "--data", plan.data]


def cluster(plan):
    """Durable tasks with a PostgreSQL server as the store, beside a data directory; one shard and four."""
    both = {"data": plan.data}
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-durable", **both)
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-postgres", postgres="local", **both)
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-postgres-standby", postgres="standby", **both)
    yield "", plan.peer("bench_forkmill", "throughput latency", "forkmill-postgres-4-shards", postgres="standby", shards=4,
                        **{**both, "warm_up": max(plan.warm_up, 4)})  # the shards are taken over first


def cluster_backlog(plan):
    """A backlog of durable tasks in a PostgreSQL server; the broker is killed, and the next one takes it over."""
    count = plan.tasks or plan.items(5_000_000, 20_000)
    yield f"{count:,}", [os.path.join(plan.bin, "bench_backlog"), "backlog", "--tasks", str(count), "--postgres", "local",
                         "--small-runs", "1", "--data", plan.data]


def cluster_takeover(plan):
    """The owner of a PostgreSQL store with a standby is killed, ten times: when has a waiting future its result?"""
    yield "", [os.path.join(plan.bin, "bench_takeover"), "--rounds", str(plan.items(10, 2)), "--tasks",
               str(plan.items(10_000, 1_000)), "--data", plan.data]


def toolkit(plan):
    """Named objects in memory beside bare ZeroMQ: locks, queues, events; pools on local:// beside processes."""
    yield "", [os.path.join(plan.bin, "bench_toolkit")]
    yield "", [os.path.join(plan.bin, "bench_pool")]


def backlog(plan):
    """Durable tasks submitted before a worker is there; the broker is killed and started again; then worked off."""
    counts = [plan.tasks] if plan.tasks else plan.items([100_000, 1_000_000, 10_000_000], [20_000])
    for count in counts:
        yield f"{count:,}", [os.path.join(plan.bin, "bench_backlog"), "backlog", "--tasks", str(count), "--data",
                             plan.data]


def steady(plan):
    """5,000,000 durable tasks, 10,000 outstanding: whether the broker's memory levels off, and its store."""
    count = plan.tasks or plan.items(5_000_000, 100_000)
    yield "", [os.path.join(plan.bin, "bench_backlog"), "steady", "--tasks", str(count), "--data", plan.data]


def restart(plan):
    """The broker is killed with 100,000 futures outstanding, ten times: all resolve; when does the first?"""
    yield "", [os.path.join(plan.build, "tests/e2e/broker/forkmill_restart_test"), "--futures",
               str(plan.items(100_000, 10_000)), "--rounds", str(plan.items(10, 2)), "--data", plan.data]


def operate(plan):
    """1,000,000 tasks queued, and as many in the history: what pages, metrics and streams of events cost and take."""
    count = plan.tasks or plan.items(1_000_000, 20_000)
    yield f"{count:,}", [os.path.join(plan.suite, "operate.py"), "--build", plan.build, "--tasks", str(count),
                         "--seconds", str(plan.items(20, 3)), "--data", plan.data]


# In the order of the page. ONCE: sets that run once, also with --runs.
SETS = {"throughput": throughput, "latency": latency, "window": window, "payload": payload, "keys": keys, "security": security,
        "clients": clients, "sessions": sessions, "queues": queues, "mixed": mixed, "map": map_,
        "commands": commands, "startup": startup, "memory": memory, "inflight": inflight, "respawn": respawn,
        "durable": durable, "cluster": cluster, "cluster_backlog": cluster_backlog,
        "cluster_takeover": cluster_takeover, "toolkit": toolkit, "backlog": backlog, "steady": steady, "restart": restart, "operate": operate}
ONCE = ("backlog", "cluster_backlog", "cluster_takeover", "steady", "restart", "operate")
SPINE = ("throughput", "latency", "inflight", "respawn")
ON_DISK = ("durable", "cluster", "cluster_backlog", "cluster_takeover", "backlog", "steady", "restart", "operate")
NEEDS = {"throughput": ("gearmand", "nats-server", "redis-server", "import celery", "import redis"),
         "latency": ("gearmand", "nats-server", "redis-server", "import celery", "import redis"),
         "window": ("gearmand", "nats-server", "redis-server"), "payload": ("gearmand", "nats-server", "redis-server"),
         "clients": ("gearmand", "nats-server", "redis-server"), "mixed": ("gearmand", "nats-server", "redis-server"),
         "memory": ("gearmand", "redis-server"), "commands": ("parallel",),
         "durable": ("nats-server", "beanstalkd", "redis-server"),
         "cluster": ("/usr/lib/postgresql/15/bin/postgres",), "cluster_backlog": ("/usr/lib/postgresql/15/bin/postgres",),
         "cluster_takeover": ("/usr/lib/postgresql/15/bin/postgres",)}


def steps(names, plan):
    """All steps of the sets, in the order of one round."""
    return [Step(name, parameter, command) for name in names for parameter, command in SETS[name](plan)]


def packages(names):
    return {program: PACKAGES[program] for name in names for program in NEEDS.get(name, ())}
