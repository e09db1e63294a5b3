#!/usr/bin/env python3
"""The API and the metrics of a gateway tell and do what the command does. Arguments: forkmill, forkmill-broker."""
import gzip
import http.client
import json
import pathlib
import re

from gateway import GUARD, Gateway, command, folder, in_cluster, need, rows, within


def submit(*options):
    return command("submit", "-d", *options).strip()


def fail_tasks(many):
    """Submits tasks that fail for good, and returns their ids."""
    ids = [submit("--attempts", "1", "forkmill.exec", "5") for _ in range(many)]
    for one in ids:
        within(lambda one=one: rows("task", "get", one)["state"] == "failed", one)
    return ids


def without_ages(queues):
    return [{key: value for key, value in row.items() if key != "oldest_ready_ms"} for row in queues]


def check_views(gateway):
    """Each list is what the command prints."""
    need(list(gateway.get("/api/v1/status").json()) == list(rows("status")))
    need(without_ages(gateway.get("/api/v1/queues").json()) == without_ages(rows("queue", "ls")))
    need(gateway.get("/api/v1/objects").json() == rows("object", "ls"))
    for path, words in {"workers": ("worker", "ls"), "processes": ("ps",)}.items():
        ours, theirs = gateway.get(f"/api/v1/{path}").json(), rows(*words)
        need(len(ours) == len(theirs) and list(ours[0]) == list(theirs[0]), ours, theirs)


def check_tasks(gateway):
    ids = [submit("--queue", "a/b", "nobody.has", str(i)) for i in range(7)]
    found, cursor, pages = [], None, 0
    while cursor is not None or pages == 0:
        path = "/api/v1/tasks?queue=a%2Fb&state=ready&limit=3" + (f"&cursor={cursor}" if cursor else "")
        page = gateway.get(path).json()
        need(len(page["tasks"]) <= 3)
        found += page["tasks"]
        cursor, pages = page["next"], pages + 1
    need(found == rows("task", "ls", "--queue", "a/b"), found)
    need([task["id"] for task in found] == ids[::-1])
    need(gateway.get(f"/api/v1/tasks/{ids[0]}").json() == rows("task", "get", ids[0]))
    need(gateway.get("/api/v1/tasks/00000000-0000-7000-8000-000000000000", 404).error() == "task_unknown")
    for wrong in ("limit=0", "limit=1001", "cursor=x", "since=soon", "state=ripe", "sate=ready"):
        gateway.get(f"/api/v1/tasks?{wrong}", 400).error()
    need(gateway.get("/api/v1/queues/a%2Fb").json()["ready"] == 7)
    need(gateway.get("/api/v1/queues/a/b", 404).error() == "no_such_path")
    need(gateway.get("/api/v1/queues/none", 404).error() == "queue_unknown")
    check_reasons(gateway, ids[0])
    check_logs(gateway, ids[0])
    return ids


def check_submission(gateway):
    """A task is submitted, once for each key, and its result stays with the broker."""
    line = [["echo", "by HTTP"], "", {}, "/", False, 1000]
    letter = {"task": "forkmill.exec", "arguments": [line], "priority": 9, "max_attempts": 1, "key": "letter-17"}
    one = gateway.post("/api/v1/tasks", letter).json()["id"]
    need(gateway.post("/api/v1/tasks", letter).json()["id"] == one)
    within(lambda: rows("task", "get", one)["state"] == "succeeded", one)
    task = rows("task", "get", one)
    need("by HTTP" in task["command"] and task["result"], task)
    need((task["priority"], task["max_attempts"], task["queue"]) == (9, 1, "default"), task)
    other = {**letter, "arguments": [[["true"], "", {}, "/", False, 1000]]}
    need(gateway.post("/api/v1/tasks", other, 409).error() == "duplicate_task")
    for wrong in ({}, {"task": 1}, {"task": "a b"}, {"task": "a", "arguments": {}}, {"task": "a", "priority": 101},
                  {"task": "a", "max_attempts": 0}, {"task": "a", "delay_ms": -1}, {"task": "a", "delay_ms": 2**63}):
        gateway.post("/api/v1/tasks", wrong, 400)


def check_arguments(gateway):
    """Tasks are found, and changed, by a text in their arguments, in upper or lower case."""
    letter = submit("--queue", "about", "nobody.has", '"to Alice@example.org"')
    found = gateway.get("/api/v1/tasks?argument=alice%40EXAMPLE").json()["tasks"]
    need([task["id"] for task in found] == [letter] == [task["id"] for task in rows("task", "ls", "--argument", "alice@")])
    need(gateway.get("/api/v1/tasks?argument=bob%40example").json()["tasks"] == [])
    done = gateway.post("/api/v1/tasks/cancel", {"filter": {"argument": "alice@"}, "confirm": 1}).json()
    need((done["matched"], done["cancelled"]) == (1, 1), done)


def check_results(gateway):
    """A result is that which the command prints; a large one comes as its beginning, and one of a failure not at all."""
    def ended(line, state="succeeded"):
        one = submit("--attempts", "1", "forkmill.exec", json.dumps([[["sh", "-c", line], "", {}, "/", False, 100000]]))
        within(lambda: rows("task", "get", one)["state"] == state, one)
        return one, gateway.get(f"/api/v1/tasks/{one}").json()

    one, task = ended("echo größe")
    need(task == rows("task", "get", one) and "größe\n" in task["result"], task)
    _, task = ended("head -c 20000 /dev/zero | tr '\\0' x")
    need(list(task["result"]) == ["hex"] and len(task["result"]["hex"]) == 2 * 16384 < 2 * task["result_bytes"], task)
    _, task = ended("printf '\\377'")
    need({"base64": "/w=="} in task["result"], task)
    waiting = submit("nobody.has", "1")
    need(gateway.get(f"/api/v1/tasks/{waiting}").json()["result"] is None)
    command("task", "cancel", waiting)
    failed = submit("--attempts", "1", "forkmill.exec", "5")
    within(lambda: rows("task", "get", failed)["state"] == "failed", failed)
    need(gateway.get(f"/api/v1/tasks/{failed}").json()["result"] is None)
    command("dead", "drop", "--yes", failed)


def check_reasons(gateway, waiting):
    why = gateway.get(f"/api/v1/tasks/{waiting}/why").json()
    need(why == rows("why", waiting) and why["findings"][0]["reason"] == "unserved", why)
    need([gateway.get("/api/v1/queues/a%2Fb/why").json()] == rows("why", "queue", "a/b"))
    need(gateway.get("/api/v1/queues/none/why", 404).error() == "queue_unknown")
    worker = rows("worker", "ls")[0]["name"]
    need(gateway.get(f"/api/v1/workers/{worker}/why").json()[0]["name"] == worker)
    need(gateway.get("/api/v1/workers/none/why", 404).error() == "worker_unknown")


def check_logs(gateway, waiting):
    log = gateway.get(f"/api/v1/tasks/{waiting}/logs").json()
    need(log["complete"] is False and log["texts"] == [] and log["attempt"] == 0 and log["log_bytes"] == 65536, log)
    need(gateway.get(f"/api/v1/tasks/{waiting}/logs?attempt=x", 400).error() == "bad_parameter")
    need(gateway.get("/api/v1/tasks/00000000-0000-7000-8000-000000000000/logs", 404).error() == "task_unknown")


def check_scaling(gateway):
    load = gateway.get("/api/v1/queues/a%2Fb/scaling?tasks_per_worker=3").json()
    need(list(load) == ["ready", "running", "oldest_age_s", "desired_workers"], load)
    need((load["ready"], load["desired_workers"]) == (7, 3) and load["oldest_age_s"] > 0, load)
    need(gateway.get("/api/v1/queues/a%2Fb/scaling?max_workers=2").json()["desired_workers"] == 2)
    need(gateway.get("/api/v1/queues/none/scaling").json()["desired_workers"] == 0)


def check_metrics(gateway):
    text = gateway.get("/metrics").body.decode()
    families, samples = {}, {}
    for line in text.splitlines():
        kind = re.fullmatch(r"# TYPE ([a-z_]+) (gauge|counter|histogram)", line)
        sample = re.fullmatch(r'([a-z_]+)(\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? ([0-9.e+-]+)', line)
        need(kind or sample or line.startswith("# HELP "), line)
        if kind:
            need(kind[1] not in families, line)
            families[kind[1]] = kind[2]
            need((kind[2] == "counter") == kind[1].endswith("_total"), line)
        if sample:
            family = re.sub("_(bucket|sum|count)$", "", sample[1])
            need(sample[1] in families or families.get(family) == "histogram", line)
            need((sample[1], sample[2]) not in samples, line)
            samples[sample[1], sample[2]] = float(sample[3])
    need(samples["forkmill_up", None] == 1)
    need(samples["forkmill_tasks", '{queue="a/b",state="ready"}'] == 7, text)
    need(samples["forkmill_worker_slots", '{state="idle"}'] == 2, text)
    need(samples["process_resident_memory_bytes", None] > 0)
    need(samples["forkmill_store_commit_seconds_count", None] > 0 and samples["forkmill_store_changes_total", None] >= 7,
         [line for line in text.splitlines() if line.startswith("forkmill_store_")])
    need(samples["forkmill_store_written_bytes_total", None] > 0)
    open_metrics = gateway.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    need(open_metrics.body.endswith(b"# EOF\n"))
    need(open_metrics.headers["Content-Type"].startswith("application/openmetrics-text"))


def check_times(gateway):
    """The histograms and the counters of attempts have the attempts that have ended, and nothing else."""
    command("run", "--", "true")
    names = '{queue="default",task="forkmill.exec"'
    text = gateway.get("/metrics").body.decode()
    for line in (f"forkmill_task_run_seconds_count{names}}} 1", f"forkmill_queue_wait_seconds_count{names}}} 1",
                 f'forkmill_queue_wait_seconds_bucket{names},le="+Inf"}} 1',
                 f'forkmill_task_attempts_total{names},outcome="succeeded"}} 1',
                 f"forkmill_tasks_submitted_total{names}}} 1", f"forkmill_task_retries_total{names}}} 0",
                 f"forkmill_tasks_dead_total{names}}} 0", 'forkmill_worker_exits_total{reason="silent"} 0'):
        need(line in text.splitlines(), line, text)
    history = gateway.get("/api/v1/overview").json()["history"]
    need(len(history["run_p95_ms"]) == len(history["at_ms"]), history)


def check_errors(gateway):
    """Failures that differ in numbers only are one group."""
    groups = {}
    failed = []
    for folder_name in ("/none/17", "/none/4711"):
        one = submit("--attempts", "1", "forkmill.exec", f'[[["true"],"",{{}},"{folder_name}",false,1000]]')
        within(lambda one=one: rows("task", "get", one)["state"] == "failed", one)
        failed.append(one)

    def is_grouped():
        groups.update(gateway.get("/api/v1/errors").json())
        return [group for group in groups["groups"] if "/none/<n>" in group["message"] and group["count"] == 2]

    group = within(is_grouped, groups)[0]
    need(list(group) == ["fingerprint", "name", "code", "type", "message", "count", "first_at_ms", "last_at_ms", "queues",
                         "last_id"], group)
    need(group["name"] == "forkmill.exec" and group["last_id"] == one and group["queues"] == ["default"], group)
    need(group["first_at_ms"] <= group["last_at_ms"] and re.fullmatch("[0-9a-f]{16}", group["fingerprint"]), group)
    command("dead", "drop", "--yes", *failed)


def check_acts(gateway):
    gateway.post("/api/v1/queues/audited/pause")
    gateway.post("/api/v1/dead/0190163d-8694-739b-aea5-966c26f8ad91/drop", status=404)
    gateway.post("/api/v1/queues/audited/resume")
    resumed, dropped, paused = gateway.get("/api/v1/audit?limit=3").json()["acts"]
    need(resumed["route"] == "/api/v1/queues/{queue}/resume" and resumed["path"] == {"queue": "audited"}, resumed)
    need(dropped["error"] == "task_unknown" and dropped["event"] == "end", dropped)
    need(paused["user"] == "local" and paused["answer"]["changed"] is True and paused["event"] == "end", paused)
    need(gateway.get("/api/v1/audit?limit=501", 400).error() == "bad_parameter")


def check_weight(gateway):
    """All that a browser loads to show the first page, with the headers, is below 100 KiB. What is compressed for it is the
    same as what others get."""
    weight, seen, named = 0, set(), ["/"]
    while named:
        path = named.pop()
        if path in seen:
            continue
        seen.add(path)
        plain = gateway.get(path)
        answer = gateway.get(path, Accept_Encoding="gzip, deflate, br")
        need(answer.headers["Content-Encoding"] == "gzip" and plain.headers["Content-Encoding"] is None, path)
        need(answer.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding", path)
        need(answer.headers["Content-Type"] == plain.headers["Content-Type"], path)
        need(gzip.decompress(answer.body) == plain.body, path)
        need(gateway.get(path, Accept_Encoding="gzip;q=0, br").body == plain.body, path)
        text = plain.body.decode()
        weight += len(answer.body) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        named += re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
        named += ["/static/" + name for name in re.findall(r'(?:from |import\()"\./([^"]+)"', text)]
    need(len(seen) > 10 and "/static/uplot.js" in seen, seen)
    weight += len(gateway.get("/api/v1/session").body) + len(gateway.get("/api/v1/overview").body)
    need(weight < 100 * 1024, weight)


def check_openapi(gateway):
    """Each path of the description without a variable answers, and each operation of it exists."""
    document = gateway.get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            real = re.sub(r"\{\w+\}", "no-such-thing", path)
            if method == "post":  # an unknown key is found before anything is done
                need(gateway.post(real, {"no_such_key": 1}, 400).error() == "bad_parameter", path)
                continue
            if "text/event-stream" in operation["responses"]["200"]["content"]:
                Events(gateway, real).close()  # the stream goes on until it is closed
                continue
            answer = gateway.request("GET", real)
            need(answer.status == 200 or "{" in path, path, answer.body)
            need(answer.status == 200 or answer.error() not in ("no_such_path", "wrong_method"), path)
            for parameter in operation["parameters"]:
                need(parameter["in"] in ("path", "query") and parameter["schema"]["type"], parameter)


class Events:
    """A stream of server-sent events."""

    def __init__(self, gateway, path, **headers):
        self.connection = http.client.HTTPConnection(gateway.url.hostname, gateway.url.port, timeout=GUARD)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.response = self.connection.getresponse()
        need(self.response.status == 200, path, self.response.status)
        need(self.response.headers["Content-Type"] == "text/event-stream")

    def next(self, with_id=True):
        """The next event as (id, data); comments, and ids without data, are skipped."""
        fields = {}
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if line == "" and "data" in fields:
                return fields["id"] if with_id else None, json.loads(fields["data"])
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value

    def close(self):
        self.connection.close()


def check_watches(gateway):
    events = Events(gateway, "/api/v1/queues/watched?watch=1")
    first, answer = events.next()
    need(answer["error"]["code"] == "queue_unknown", answer)
    submit("--queue", "watched", "nobody.has", "1")
    last, answer = events.next()
    need(answer["ready"] == 1 and last != first, answer)
    again = Events(gateway, "/api/v1/queues/watched?watch=1", Last_Event_ID=first)
    need(again.next()[1]["ready"] == 1)
    again.close()
    overview = Events(gateway, "/api/v1/overview?watch=1")
    need(list(overview.next()[1]) == ["status", "attention", "history", "shards"])
    within(lambda: "queue watched cannot run" in json.dumps(overview.next()[1]["attention"]))
    overview.close()
    gateway.post("/api/v1/queues/watched/purge", {"confirm": "watched"})
    gateway.get("/api/v1/none?watch=1", 404)
    gateway.get("/api/v1/tasks?watch=1&sate=ready", 400)
    return events  # still open when the gateway ends


def check_log_stream(gateway):
    """The stream of a log has each text once, and goes on behind the last event that a peer has got."""
    with folder() as gates:
        line = "echo one; until [ -e two ]; do :; done; echo two; until [ -e three ]; do :; done; echo three"
        task = command("run", "-d", "--wd", gates, "--", "sh", "-c", line).strip()
        path = f"/api/v1/tasks/{task}/logs?watch=1"
        events = Events(gateway, path)

        def texts_until(stream, end):
            text, answer = "", {}
            while not text.endswith(end):
                last, answer = stream.next()
                need(last == f"{answer['attempt']}-{answer['next']}", last, answer)
                text += "".join(row["text"] for row in answer["texts"])
            return text, last, answer

        text, place, answer = texts_until(events, "one\n")
        need((text, answer["from"], answer["attempt"]) == ("one\n", 0, 1), text, answer)
        pathlib.Path(gates, "two").touch()
        text, _, answer = texts_until(events, "two\n")
        need(text == "two\n" and answer["from"] == 4 and answer["complete"] is False, text, answer)
        events.close()
        pathlib.Path(gates, "three").touch()
        again = Events(gateway, path, Last_Event_ID=place)
        text, _, answer = texts_until(again, "three\n")
        need(text == "two\nthree\n", text)
        while not answer["complete"]:
            answer = again.next()[1]
        need(answer["bytes"] == 14, answer)
        again.close()
        whole = Events(gateway, path, Last_Event_ID="no place")
        need(texts_until(whole, "three\n")[0] == "one\ntwo\nthree\n")
        whole.close()
        one = gateway.get(f"/api/v1/tasks/{task}/logs?from=8").json()
        need([row["text"] for row in one["texts"]] == ["three\n"] and (one["from"], one["next"]) == (8, 14), one)
        gateway.get(f"/api/v1/tasks/{task}/logs?watch=1&from=-1", 400)


def check_events(gateway):
    """A stream has each step of each task, and goes on behind the last one that a peer has got."""
    path = "/api/v1/events?queue=default&task=forkmill.exec"
    events = Events(gateway, path)
    command("run", "--", "true")
    kinds, ids = [], []
    for _ in range(3):
        cursor, event = events.next()
        need(event["cursor"] == cursor and event["queue"] == "default" and event["missed"] is None, event)
        kinds.append(event["kind"])
        ids.append(cursor)
    need(kinds == ["submitted", "granted", "succeeded"], kinds)
    events.close()
    again = Events(gateway, path, Last_Event_ID=ids[0])
    need([again.next()[0], again.next()[0]] == ids[1:])
    again.close()
    after = Events(gateway, f"{path}&after={ids[1]}")
    need(after.next()[0] == ids[2])
    after.close()
    run, position = ids[0].split("-")
    other = Events(gateway, path, Last_Event_ID=f"{int(run, 16) ^ 1:x}-{position}")
    cursor, event = other.next()
    need(event["kind"] == "missed" and event["missed"]["restarted"] and event["id"] is None, event)
    other.close()
    gateway.get("/api/v1/events?state=asleep", 400)
    gateway.get("/api/v1/events?no_such=1", 400)
    wrong = Events(gateway, "/api/v1/events?after=nonsense")
    need("not a cursor of events" in json.dumps(wrong.next(with_id=False)[1]["error"]), "a wrong cursor is not refused")
    wrong.close()
    metrics = gateway.get("/metrics").body.decode()
    told = re.search(r"^forkmill_events_told_total ([0-9.e+]+)$", metrics, re.M)
    need(told and float(told[1]) >= 6, metrics)


def check_pages(gateway):
    shell = gateway.get("/")
    need("script-src 'self'" in shell.headers["Content-Security-Policy"])
    for path in ("/queues", "/tasks?state=ready", "/tasks/0190163d", "/dead", "/workers"):
        need(gateway.get(path, Sec_Fetch_Site="cross-site").body == shell.body, path)
    for file in re.findall(rb'"(/static/[^"]+)"', shell.body):
        need(gateway.get(file.decode()).body)
    need(gateway.get("/static/none.js", 404).error() == "no_such_path")


def check_changes(gateway, ids):
    need(gateway.post(f"/api/v1/tasks/{ids[0]}/cancel").json() == {"id": ids[0], "result": "cancelled"})
    need(gateway.post(f"/api/v1/tasks/{ids[0]}/cancel").json()["result"] == "finished")
    wanted = {"filter": {"queue": "a/b", "state": "ready"}}
    need(gateway.post("/api/v1/tasks/cancel", {**wanted, "dry_run": True}).json() ==
         {"matched": 6, "more": False, "dry_run": True})
    need(gateway.post("/api/v1/tasks/cancel", {**wanted, "confirm": 5}, 409).error() == "not_confirmed")
    need(gateway.post("/api/v1/tasks/cancel", wanted, 409).error() == "not_confirmed")
    need(gateway.get("/api/v1/queues/a%2Fb").json()["ready"] == 6)
    need(gateway.post("/api/v1/tasks/cancel", {**wanted, "confirm": 6}).json()["cancelled"] == 6)

    submit("--queue", "a/b", "nobody.has", "1")
    need(gateway.post("/api/v1/queues/a%2Fb/purge", {"confirm": "a"}, 409).error() == "not_confirmed")
    need(gateway.post("/api/v1/queues/a%2Fb/purge", {"dry_run": True}).json()["matched"] == 1)
    need(gateway.post("/api/v1/queues/a%2Fb/purge", {"confirm": "a/b"}).json()["cancelled"] == 1)


def check_steering(gateway):
    """Pauses and limits are those that the command shows, and are in the metrics."""
    need(gateway.post("/api/v1/queues/a%2Fb/pause").json() == {"name": "a/b", "paused": True, "changed": True})
    need(gateway.post("/api/v1/queues/a%2Fb/pause").json()["changed"] is False)
    need(gateway.get("/api/v1/queues/a%2Fb").json()["paused"] is True)
    need('forkmill_queue_paused{queue="a/b"} 1' in gateway.get("/metrics").body.decode())
    need(gateway.get("/api/v1/status").json()["paused_queues"] == ["a/b"])
    need("queue a/b is paused" in json.dumps(gateway.get("/api/v1/overview").json()["attention"]))
    need(gateway.post("/api/v1/queues/a%2Fb/resume").json() == {"name": "a/b", "paused": False, "changed": True})
    need(gateway.post("/api/v1/names/mail.send/pause").json()["changed"] is True)
    need(gateway.get("/api/v1/names").json() == rows("name", "ls") == [{"name": "mail.send", "state": "paused"}])
    need(gateway.post("/api/v1/names/mail.send/resume").json()["changed"] is True)
    need(gateway.post("/api/v1/queues/no%20queue/pause", status=400).error() == "name_invalid")
    for wrong in ({}, {"max_tasks": 0}, {"max_tasks": -1}, {"max_running": 2**64 - 1}, {"max_tasks": 2**63, "max_bytes": 2**63}):
        need(gateway.post("/api/v1/queues/a%2Fb/limits", wrong, 400).error() == "bad_parameter", wrong)
    need("2^63" in gateway.post("/api/v1/queues/a%2Fb/limits", {"max_tasks": 2**63}, 400).body.decode())
    limits = gateway.post("/api/v1/queues/a%2Fb/limits", {"max_tasks": 5, "max_running": 2}).json()
    need((limits["name"], limits["max_tasks"], limits["max_running"]) == ("a/b", 5, 2), limits)
    row = gateway.get("/api/v1/queues/a%2Fb").json()
    need(row["limited"] is True and row["max_tasks"] == 5 and row["max_running"] == 2, row)
    need(gateway.post("/api/v1/queues/a%2Fb/limits", {"reset": True}).json()["max_running"] == 0)
    need([row for row in rows("queue", "ls") if row["name"] == "a/b" and row["limited"]] == [])


def check_worker_steering(gateway):
    """Workers are paused and scaled; those that are not named exactly are refused."""
    name = rows("worker", "ls")[0]["name"]
    row = lambda: next(row for row in gateway.get("/api/v1/workers").json() if row["name"] == name)
    answer = gateway.post("/api/v1/workers/pause", {"name": name}).json()
    need([(one["name"], one["answer"]) for one in answer] == [(name, "done")], answer)
    need(row()["held"] is True and row()["state"] == "paused", row())
    gateway.post("/api/v1/workers/resume", {"all": True})
    need(row()["held"] is False and row()["state"] == "serving", row())
    before = row()["children"]
    need(gateway.post("/api/v1/workers/scale", {"name": name, "children": before + 1}).json()[0]["answer"] == "ordered")
    within(lambda: row()["children"] == before + 1)
    gateway.post("/api/v1/workers/scale", {"name": name, "children": before})
    within(lambda: row()["children"] == before)
    for wrong in ({}, {"name": name, "all": True}):
        gateway.post("/api/v1/workers/drain", wrong, 400)
    for absent in ({"name": "no-such-worker"}, {"host": "no-such-host"}):
        gateway.post("/api/v1/workers/drain", absent, 404)
    gateway.post("/api/v1/workers/scale", {"name": name, "children": 0}, 400)


def check_edited(gateway):
    """A dead letter is retried with other arguments by the API and by the command, and lists show its new command."""
    def dead():
        one = submit("--attempts", "1", "--priority", "9", "forkmill.exec", "5")
        within(lambda: rows("task", "get", one)["state"] == "failed", one)
        return one

    one = dead()
    for wrong in ({"arguments": "five"}, {"arguments": {}}):
        gateway.post(f"/api/v1/dead/{one}/retry", wrong, 400)
    edited = [[["echo", "four"], "", {}, "/", False, 1000]]
    new = gateway.post(f"/api/v1/dead/{one}/retry", {"arguments": edited}).json()["new_id"]
    within(lambda: rows("task", "get", new)["state"] == "succeeded", new)
    task = rows("task", "get", new)
    need(task["command"] == "echo four" and task["priority"] == 9, task)
    need(gateway.get(f"/api/v1/dead/{one}", 404).error() == "task_unknown")
    one = dead()
    old, new = command("dead", "retry", one, "--arguments", json.dumps(edited)).strip().split(" -> ")
    need(old == one, old, one)
    within(lambda: rows("task", "get", new)["state"] == "succeeded", new)


def check_dead_letters(gateway):
    ids = fail_tasks(4)
    page = gateway.get("/api/v1/dead?queue=default").json()["tasks"]
    need([letter["id"] for letter in page] == ids[::-1], page)
    letter = gateway.get(f"/api/v1/dead/{ids[0]}").json()
    need(letter == rows("dead", "show", ids[0]) and letter["arguments"] == [5], letter)
    answer = gateway.post(f"/api/v1/dead/{ids[0]}/retry").json()
    need(answer["id"] == ids[0] and answer["new_id"] != ids[0], answer)
    within(lambda: rows("task", "get", answer["new_id"])["state"] == "failed")
    check_edited(gateway)
    need(gateway.post(f"/api/v1/dead/{ids[1]}/drop").json() == {"id": ids[1]})
    gateway.post(f"/api/v1/dead/{ids[1]}/drop", status=404)
    need(gateway.post("/api/v1/dead/retry", {"confirm": 100, "filter": {"id": ids[2]}}).json()["retried"] == 1)
    within(lambda: len(rows("dead", "ls")) == 3)
    need(gateway.post("/api/v1/dead/drop", {"confirm": 2}, 409).error() == "not_confirmed")
    need(gateway.post("/api/v1/dead/drop", {"confirm": 3}).json()["dropped"] == 3)
    need(gateway.get("/api/v1/dead").json() == {"tasks": [], "next": None, "reached_at_ms": None})


def check_audit(path):
    """Each change has a line for its beginning and one for its end; refused ones have none."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    need([line["event"] for line in lines] == ["begin", "end"] * (len(lines) // 2), lines)
    for begin, end in zip(lines[::2], lines[1::2]):
        need(begin["user"] == "local" and begin["peer"] == "127.0.0.1" and begin["at_ms"] <= end["at_ms"], begin)
        need(begin["route"] == end["route"] and ("answer" in end) != ("error" in end), end)
    purges = [line for line in lines if line["route"].endswith("/purge") and "answer" in line]
    need(purges[-1]["path"] == {"queue": "a/b"} and purges[-1]["answer"]["cancelled"] == 1, purges)


def check_shards(gateway):
    """A broker that has all queues says so, and a number that no shard has is refused by the gateway."""
    need(gateway.post("/api/v1/shards/1/move", {"broker": "tcp://b:7117"}, 400).error() == "bad_request")
    need(gateway.post("/api/v1/shards/1/unpin", status=400).error() == "bad_request")
    need(gateway.post("/api/v1/brokers/drain", {"broker": "tcp://b:7117"}, 400).error() == "bad_request")
    for path, body in (("shards/0/unpin", {}), ("shards/x/unpin", {}), ("shards/1/move", {"broker": ""})):
        need(gateway.post(f"/api/v1/{path}", body, 400).error() == "bad_parameter", path)


def check_proxy():
    """The audit log has the user that a proxy names, and the changes of before a restart."""
    command("web", "--user-header", "X-Evil", status=2)
    with folder() as place:
        options = ("--user-header", "x-forwarded-user", "--audit-log", f"{place}/audit")
        with Gateway(*options) as gateway:
            within(lambda: gateway.request("GET", "/readyz").status == 200)
            gateway.post("/api/v1/queues/proxied/resume", X_Forwarded_User="anna", X_Remote_User="eve")
            gateway.post("/api/v1/queues/proxied/resume", status=400, X_Forwarded_User="a" * 200)
            need(gateway.stop() == 0)
        with Gateway(*options) as gateway:
            acts = gateway.get("/api/v1/audit").json()["acts"]
            need([act["user"] for act in acts] == ["anna via local"] and acts[0]["event"] == "end", acts)


def main():
    in_cluster()
    with folder() as place, Gateway("--audit-log", f"{place}/audit") as gateway:
        need(gateway.get("/healthz").json() == {"status": "ok"})
        within(lambda: gateway.request("GET", "/readyz").status == 200)
        ids = check_tasks(gateway)
        check_views(gateway)
        check_scaling(gateway)
        check_metrics(gateway)
        check_times(gateway)
        check_errors(gateway)
        check_results(gateway)
        check_acts(gateway)
        check_weight(gateway)
        check_openapi(gateway)
        check_events(gateway)
        check_log_stream(gateway)
        events = check_watches(gateway)
        check_pages(gateway)
        check_changes(gateway, ids)
        check_steering(gateway)
        check_worker_steering(gateway)
        check_shards(gateway)
        check_dead_letters(gateway)
        check_arguments(gateway)
        check_submission(gateway)
        check_audit(f"{place}/audit")
        need(gateway.request("HEAD", "/api/v1/status").body == b"")
        check_proxy()
        need(gateway.stop() == 0)
        events.close()


main()
