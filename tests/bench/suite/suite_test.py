#!/usr/bin/env python3
"""Tests of tests/bench/run and tests/bench/render: wrong arguments; figures to JSON, tables and charts."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.dirname(HERE)
sys.path.insert(0, HERE)
import sets  # noqa: E402
import tables  # noqa: E402
from figures import Figures  # noqa: E402

RATES = ("tasks_per_s", "cpu_us_per_task")
BACKLOG = ("submitted_per_s", "submit_first_per_s", "submit_last_per_s", "memory_bytes_per_task", "disk_bytes_per_task",
           "full_peak_mib", "restart_peak_mib", "drain_peak_mib", "restart_s", "drained_per_s", "small_drained_per_s")
EVENTS = ("unwatched_tasks_per_s", "tasks_per_s", "unwatched_broker_us", "broker_us", "per_s", "missed_percent",
          "unaccounted", "broker_mib")
# For each set: the systems, and the figures of each.
KEYS = {
    "throughput": ({"forkmill", "forkmill-map", "gearmand", "gearmand-ahead", "nats", "celery", "zmq"}, RATES),
    "latency": ({"forkmill", "gearmand", "zmq"}, ("p50_us", "p99_us")),
    "keys": ({"forkmill", "forkmill-keys"}, (*RATES, "p50_us", "p99_us")),
    "security": ({"hellos", "slow", "tcp", "tcp-keys", "ipc", "zmq", "zmq-keys", "rights"},
                 ("alone_per_s", "beside_flood_per_s", "beside_burner_per_s", "flood_cpu", "kept", "broker_peak_mib",
                  "broker_limit_mib", "log_lines_per_s", "ns_per_task", *RATES)),
    "mixed": ({"forkmill", "gearmand"}, ("short_p50_us", "short_p99_us")),
    "map": ({"forkmill-pool-map", "multiprocessing-map"}, ("items_per_s",)),
    "commands": ({"forkmill-map", "forkmill-map-program", "xargs", "posix-spawn"}, ("jobs_per_s",)),
    "startup": ({"forkmill-dev"}, ("startup_ms",)),
    "memory": ({"inflight"}, ("broker_bytes_per_task", "client_bytes_per_task")),
    "inflight": ({"inflight"}, ("submitted_per_s", "drained_per_s", "lost")),
    "respawn": ({"respawn"}, ("p50_ms", "max_ms")),
    "durable": ({"forkmill-durable", "forkmill-memory", "jetstream", "beanstalkd"}, (*RATES, "p50_us", "p99_us")),
    "cluster": ({"forkmill-durable", "forkmill-postgres", "forkmill-postgres-standby", "forkmill-postgres-4-shards"},
                (*RATES, "p50_us", "p99_us")),
    "cluster_backlog": ({"backlog"}, BACKLOG),
    "cluster_takeover": ({"takeover"}, ("rounds", "first_p50_s", "first_max_s", "all_max_s", "lost")),
    "toolkit": ({"toolkit", "pool"}, ("floor.p50_us", "lock.p50_us", "queue.p50_us", "items_per_s")),
    "backlog": ({"backlog"}, BACKLOG),
    "steady": ({"steady"}, ("tasks_per_s",)),
    "restart": ({"restart"}, ("first_ms", "all_ms")),
    "operate": ({"gateway", "pages", "events"},
                ("broker_percent", "peak_mib", "first_page_kib", "history_tasks", "median_ms", "slowest_ms", *EVENTS)),
}


class Options:
    build, data, tasks, seconds, quick = "/build", "/data", None, 3, False


def invented():
    """Figures of all sets, with two runs each."""
    figures = Figures()
    figures.facts = {"processors": "2", "memory": "1 GiB", "system": "s", "compiler": "c", "peers": "p", "date": "d",
                     "runs": 2, "seconds": 1}
    for step in sets.steps(sets.SETS, sets.Plan(Options, "/top")):
        systems, names = KEYS.get(step.set_name, ({"forkmill", "zmq"}, RATES))
        known = [key for key in figures.values if key[:2] == (step.set_name, step.parameter)]
        for system in sorted(systems) if not known else ():
            for at, name in enumerate(names):
                for run in (1, 2):
                    figures.add(step.set_name, step.parameter, f"{system}.{name}\t{100 + 10 * at + run}")
    return figures


def call(program, *arguments):
    return subprocess.run([os.path.join(BENCH, program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


class Arguments(unittest.TestCase):
    def test_wrong_arguments_are_refused_with_status_2_and_name_the_argument(self):
        for words in (["nonsense"], ["--runs", "0"], ["--seconds", "x"], ["--tasks", "-1"], ["--whatever"]):
            ran = call("run", *words)
            self.assertEqual(2, ran.returncode, words)
            self.assertIn(words[0], ran.stdout)

    def test_the_help_lists_every_set(self):
        shown = call("run", "--help").stdout
        for name in sets.SETS:
            self.assertIn(f"\n  {name} ", shown)

    def test_every_set_has_steps_and_a_table(self):
        for name in sets.SETS:
            self.assertTrue(sets.steps([name], sets.Plan(Options, "/top")), name)
            self.assertIn(name, tables.TABLES)


class Rendering(unittest.TestCase):
    def test_figures_survive_json(self):
        figures = invented()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "figures.json")
            figures.write(path)
            again = Figures.read(path)
        self.assertEqual(figures.values, again.values)
        self.assertEqual(figures.facts, again.facts)
        self.assertEqual(101.5, again.median("throughput", "", "forkmill", "tasks_per_s"))

    def test_every_set_makes_a_table(self):
        figures = invented()
        for name, make in tables.TABLES.items():
            self.assertRegex(make(figures), r"[1-9]", name)

    def test_render_fills_pages_and_draws_charts(self):
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(os.path.join(top, "tests/bench"))
            for page in ("README.md", "tests/bench/README.md"):
                with open(os.path.join(top, page), "w", encoding="utf-8") as out:
                    out.write("a\n<!-- bench:highlights -->\nold\n<!-- bench:end -->\nb\n"
                              "<!-- bench:clients -->\n<!-- bench:end -->\n")
            path = os.path.join(top, "figures.json")
            invented().write(path)
            ran = call("render", path, "--top", top)
            self.assertEqual(0, ran.returncode, ran.stdout)
            with open(os.path.join(top, "README.md"), encoding="utf-8") as source:
                page = source.read()
            self.assertRegex(page, re.compile(r"^a\n<!-- bench:highlights -->\n\|.*\|\n\n!.*svg\)\n<!-- bench:end -->\nb\n",
                                              re.DOTALL))
            self.assertNotIn("old", page)
            self.assertIn("`forkmill`", page)
            charts = os.path.join(top, "tests/bench/charts")
            for name in ("throughput", "latency", "durable", "map", "window", "payload", "clients", "growth"):
                xml.dom.minidom.parse(os.path.join(charts, name + ".svg"))

    def test_the_files_of_several_runs_are_rendered_together(self):
        whole, again = invented(), Figures()
        again.facts = {**whole.facts, "date": "later"}
        again.add("clients", "100", "forkmill.tasks_per_s\t7")
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(os.path.join(top, "tests/bench"))
            for page in ("README.md", "tests/bench/README.md"):
                with open(os.path.join(top, page), "w", encoding="utf-8") as out:
                    out.write("<!-- bench:highlights -->\n<!-- bench:end -->\n")
            first, second, both = (os.path.join(top, name) for name in ("first", "second", "both"))
            whole.write(first)
            again.write(second)
            ran = call("render", first, second, "--json", both, "--top", top)
            self.assertEqual(0, ran.returncode, ran.stdout)
            merged = Figures.read(both)
        self.assertEqual(whole.facts, merged.facts)
        self.assertEqual(["100"], merged.parameters("clients"))
        self.assertEqual(7, merged.median("clients", "100", "forkmill", "tasks_per_s"))
        self.assertEqual(whole.parameters("backlog"), merged.parameters("backlog"))

    def test_the_pages_and_charts_show_the_figures_that_are_stored_beside_them(self):
        pages, charts = ("README.md", "tests/bench/README.md"), "tests/bench/charts"
        top = os.path.dirname(os.path.dirname(BENCH))
        with tempfile.TemporaryDirectory() as copy:
            os.makedirs(os.path.join(copy, "tests/bench"))
            for page in pages:
                shutil.copy(os.path.join(top, page), os.path.join(copy, page))
            ran = call("render", os.path.join(BENCH, "charts/figures.json"), "--top", copy)
            self.assertEqual(0, ran.returncode, ran.stdout)
            drawn = [os.path.join(charts, name) for name in os.listdir(os.path.join(copy, charts))]
            for name in (*pages, *drawn):
                with open(os.path.join(top, name), encoding="utf-8") as ours, \
                        open(os.path.join(copy, name), encoding="utf-8") as rendered:
                    self.assertEqual(rendered.read(), ours.read(), name)

    def test_the_page_has_a_place_for_every_set(self):
        with open(os.path.join(BENCH, "README.md"), encoding="utf-8") as source:
            page = source.read()
        for name in sets.SETS:
            self.assertIn(f"\n<!-- bench:{name} -->\n", page)

    def test_render_refuses_a_block_that_names_no_set(self):
        with tempfile.TemporaryDirectory() as top:
            os.makedirs(os.path.join(top, "tests/bench"))
            for page in ("README.md", "tests/bench/README.md"):
                with open(os.path.join(top, page), "w", encoding="utf-8") as out:
                    out.write("<!-- bench:nonsense -->\n<!-- bench:end -->\n")
            path = os.path.join(top, "figures.json")
            invented().write(path)
            ran = call("render", path, "--top", top)
            self.assertEqual(1, ran.returncode)
            self.assertIn("nonsense", ran.stdout)


if __name__ == "__main__":
    unittest.main()
