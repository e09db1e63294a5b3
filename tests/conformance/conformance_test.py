#!/usr/bin/env python3
"""A client and a worker that were written from proto/PROTOCOL.md alone work with the broker, the command and the C++
worker; and the bytes of the examples on that page are right.

Arguments: forkmill forkmill-broker example-contract-worker PROTOCOL.md
"""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import zmq

import peer
from client import Client, id_of_key
from peer import Refused, fnv1a, number, pack, text_of, unpack
from worker import RETURNED, STOPPING, Retry, Worker

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from need import need  # noqa: E402

FORKMILL, BROKER, CPP_WORKER, PAGE = sys.argv[1:5]
ADD = ("math.add", "f64(f64,f64)")


def refused_with(code, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except Refused as error:
        need(error.code == code, error)
        return
    raise AssertionError(f"not refused with {code}")


@contextlib.contextmanager
def started(*arguments, **options):
    process = subprocess.Popen(arguments, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def ready_note(path):
    """A socket for the note of a program that is ready, as sd_notify(3) sends it. Yields the function that waits for it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notes:
        notes.bind(path)
        notes.settimeout(peer.GUARD)
        yield lambda: need(b"READY=1" in notes.recv(4096))


@contextlib.contextmanager
def in_background(function, *arguments):
    """Runs the function in a thread, and fails if it has failed."""
    failures = []

    def run():
        try:
            function(*arguments)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(peer.GUARD)
    need(not thread.is_alive() and not failures, failures)


def command(*arguments, status=0):
    done = subprocess.run([FORKMILL, *arguments], capture_output=True, text=True, timeout=peer.GUARD)
    need(done.returncode == status, arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout.strip()


# ---- The page

def page_examples():
    """The lines `what: bytes` under "Bytes of examples", which may go on in lines of bytes alone."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"^## Bytes of examples\n(.*?)(?=^## )", text, re.S | re.M)
    need(section, "PROTOCOL.md has no section 'Bytes of examples'")
    examples = {}
    for block in re.findall(r"((?:^    .*\n)+)", section[1], re.M):
        name, _, rest = block.partition(":")
        examples[name.strip()] = bytes.fromhex("".join(rest.split()))
    return text, examples


def check_page():
    text, examples = page_examples()
    call = re.search(r"A call of `f64\(f64,f64\)`\s+with 1.5 and 2 is `([0-9A-F ]+)`, and its result 3.5 `([0-9A-F ]+)`", text)
    need(call and bytes.fromhex(call[1]) == pack([1.5, number(2.0)]) and bytes.fromhex(call[2]) == pack(3.5), call)
    need("`f64(f64,f64)` has the hash `201F46B311C8BFF2`" in text and fnv1a(ADD[1]) == 0x201F46B311C8BFF2)
    for queue, key in (("default", "order-17"), ("a", "b")):
        need(f"`{text_of(id_of_key(queue, key))}`" in text, queue, key)
    task = bytes(range(16))
    hello = [1, 1, peer.CLIENT, 7, 0, "me", "here", 42, "mine 1", 1024, [[], [], 0], 99, 0, 1]
    submit = [[[task, "default", ADD[0], fnv1a(ADD[1]), {1: 5}, pack([1.5, 2])]]]
    outcome = [peer.SUCCEEDED, 1, "w", pack(3.5), None]
    expected = {
        "HELLO": peer.encode(peer.HELLO, 0, 0, hello)[0],
        "SUBMIT": peer.encode(peer.SUBMIT, 258, 1, submit)[0],
        "CREDIT": peer.encode(peer.CREDIT, 258, 1, [1])[0],
        "OUTCOMES": peer.encode(peer.OUTCOMES, 258, 2, [[[[1, 17, 1], outcome, -1, 250]], 2])[0],
        "RESULT_ACK": peer.encode(peer.RESULT_ACK, 258, 2, [[5]])[0],
    }
    need(examples.keys() == expected.keys(), examples.keys())
    for name, data in expected.items():
        need(examples[name] == data, name, data.hex(" ").upper())


# ---- A Python client and the C++ worker

def check_calls(endpoint):
    with Client(endpoint) as client:
        done = client.call(*ADD, 1.5, number(2.0))
        need(done.kind == peer.SUCCEEDED and done.value == 3.5 and done.attempt == 1, done)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as words:
            words.write("one two two")
            words.flush()
            done = client.call("text.count_words", "{str:u64}(str)", words.name)
            need(done.value == {"one": 1, "two": 2}, done)
        failed = client.call("demo.fail", "i32([i32])", [1, 2])
        need(failed.kind == peer.FAILED and failed.error[0] == 50 and "out_of_range" in failed.error[1], failed)
        crashed = client.call("demo.crash", "i32(i32)", 9, options={4: 2, 5: [1, 1, 0]})
        need(crashed.kind == peer.LOST and crashed.attempt == 2 and crashed.error[5][1] == 9, crashed)
        refused_with(34, client.submit, ADD[0], "i32(i32)", [1])
        refused_with(32, client.submit, "bad name", "", [])
        refused_with(33, client.submit, *ADD, [1, 2], options={1: 101})


def check_keys_of_submissions(endpoint):
    with Client(endpoint) as first, Client(endpoint) as second:
        one = first.submit_under_key("order-17", *ADD, [1, 2])
        need(second.submit_under_key("order-17", *ADD, [1, 2]) == one)
        a, b = first.result(one), second.result(one)
        need(a.value == b.value == 3 and a.body and a.body == b.body, a, b)
        refused_with(35, second.submit_under_key, "order-17", *ADD, [2, 2])


def check_resume(endpoint):
    with Client(endpoint) as client:
        task = client.submit(*ADD, [20, 22])
        seen = client.results(acknowledge=False)
        need(seen[0].id == task and seen[0].value == 42)
        welcome = client.connect()
        need(welcome.resumed and welcome.kept, welcome)
        need(client.result(task).value == 42)
        with Client(endpoint) as other:
            other.attach(task)
            need(other.result(task).value == 42)
            other.attach(peer.new_id())
            unknown = other.results()[0]
            need(unknown.kind == peer.REJECTED and unknown.error[0] == 70, unknown)


def check_queries(endpoint):
    with Client(endpoint) as client:
        status = client.ask(2)
        need(status["workers"] == 1 and status["tasks"]["running"] == 0, status)
        need([row["name"] for row in client.ask(4)["workers"]][0], "no worker")
        task = client.submit("none.such", "", [], options={16: "a label"})
        shown = client.ask(5, text_of(task))
        need(shown["state"] == "ready" and shown["label"] == "a label" and "no worker has task" in shown["reason"], shown)
        rows = client.ask(6, "", ["", "", "none.such", "ready", "", 0, 0, 0, 10])["tasks"]
        need([row["id"] for row in rows] == [text_of(task)], rows)
        need(client.cancel(task) == 1)
        need(client.result(task).kind == peer.CANCELLED)
        need(client.cancel(peer.new_id()) == 4)
        refused_with(70, client.ask, 5, text_of(peer.new_id()))
        refused_with(71, client.command, 200)


def check_objects(endpoint):
    kinds = {"lock": 1, "queue": 6, "dict": 8}

    def spec(name, kind, size=-1):
        return [name, kinds[kind], 0, size, 0, 0, 1]

    with Client(endpoint) as one, Client(endpoint) as two:
        lock, made, _ = one.operate(1, spec=spec("conformance.lock", "lock"))
        need(made == 1)
        need(two.operate(1, spec=spec("conformance.lock", "lock"))[:2] == (lock, 0))
        token, held, _ = one.operate(4, lock)
        need(held == 1)
        refused_with(73, two.operate, 4, lock, wait=0)
        one.operate(5, lock, a=token)
        need(two.operate(4, lock)[0] > token)
        queue = one.operate(1, spec=spec("conformance.queue", "queue", 0))[0]
        large = "x" * 100_000
        need(one.operate(14, queue, values=["small", large])[0] == 2)
        need(two.operate(15, queue, a=2)[2] == ["small", large])
        refused_with(93, two.operate, 15, queue, a=1, wait=0)
        table = one.operate(1, spec=spec("conformance.dict", "dict"))[0]
        one.operate(25, table, values=["key", 1])
        need(one.operate(29, table, values=["key", 41])[2] == [42])
        refused_with(98, two.operate, 24, table, values=["none"])
        refused_with(91, two.operate, 1, spec=spec("conformance.lock", "dict"))


def check_operations_once(endpoint):
    """Operations that are sent again are not done again, and `also` has ranges."""
    with Client(endpoint) as client:
        table = client.operate(1, spec=["conformance.once", 8, 0, -1, 0, 0, 1])[0]
        client.operate(25, table, values=["key", 0])

        def add(number):
            return [number, 29, table, 0, -1, 0, 0, [pack("key"), pack(1)], None, []]

        def answers(wanted):
            found = {}
            while not wanted <= found.keys():
                for one, code, _, _, _, values, *_ in client.receive(peer.OPERATED).body[0]:
                    need(code == 0, one, code)
                    found[one] = unpack(values[0])
            return {one: found[one] for one in wanted}

        client.send(peer.OPERATE, [3, [add(one) for one in range(3, 8)], []])
        first = answers({3, 4, 5, 6, 7})
        need(first == {3: 1, 4: 2, 5: 3, 6: 4, 7: 5}, first)
        client.connect()
        # 4, and 6 to 7, are answered; 3 and 5 are sent again
        client.send(peer.OPERATE, [3, [add(3), add(5)], [4, 4, 6, 7]])
        again = answers({3, 5})
        need(again == {3: 1, 5: 3}, again)
        client.operations = 7
        need(client.operate(24, table, values=["key"])[2] == [5])


def check_text(endpoint):
    """Text that is not UTF-8, or could control a terminal, is taken in as it is, and shown by escapes."""
    evil = "a\x1b[2J\udcff\u202eb"
    with Client(endpoint, name=evil) as client, \
         Worker(endpoint, {("py.evil", "u64()"): lambda: 1}, ["evil"], name=evil) as worker:
        lock = client.operate(1, spec=["conformance.evil", 1, 0, -1, 0, 0, 1])[0]
        client.operate(4, lock)
        try:
            client.submit("none.such", "", [], options={16: evil})
            need(False, "a label with control characters was taken in")
        except peer.Refused as refused:
            need(refused.code == 32, refused)
        task = client.submit("none.such", "", [], options={16: evil.replace("\x1b[2J", "")})
        escaped = "a\\x1b[2J\\xff\\u202eb"
        for words, shown in ((("object", "show", "conformance.evil"), escaped), (("worker", "ls"), escaped),
                             (("task", "show", text_of(task)), "a\\xff\\u202eb")):
            client.send(peer.HEARTBEAT, [])
            worker.send(peer.HEARTBEAT, [])
            text = command("--broker", endpoint, *words)
            need(shown in text and "\x1b" not in text and "\u202e" not in text, words, text)
            json.loads(command("--broker", endpoint, *words, "-o", "json"))
        need(client.cancel(task) == 1)


def check_heartbeat_before_hello(endpoint):
    with zmq.Context.instance().socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        stranger.connect(endpoint)
        stranger.send_multipart(peer.encode(peer.HEARTBEAT, 0, 0, []))
        need(stranger.poll(1000 * peer.GUARD), "no answer")
        kind, session, _, body = unpack(stranger.recv_multipart()[0])[:4]
        need((kind, session, body[1]) == (peer.ERROR, 0, 14), kind, session, body)


def check_mistakes(endpoint):
    with Client(endpoint) as client:
        client.send(peer.SUBMIT, [[[peer.new_id(), "q" * 129, "name", 0, {}, b""]]])
        about, code, _ = client.receive(peer.ERROR).body[:3]
        need(about == 0 and code == 12, about, code)
        client.send(peer.CREDIT, [1])
        need(client.receive(peer.ERROR).body[1] == 15)
        client.send(200, [])
        need(client.receive(peer.ERROR).body[1] == 13)
        client.write([b"\xc1"])
        need(client.receive(peer.ERROR).body[1] == 10)
        need(client.call(*ADD, 1, 1).value == 2)
        client.session += 1
        client.send(peer.HEARTBEAT, [])
        client.session -= 1
        need(client.call(*ADD, 1, 1).value == 2)


# ---- The C++ command and a Python worker

def check_worker(endpoint):
    attempts = []

    def twice_asked(text):
        attempts.append(text)
        if len(attempts) == 1:
            raise Retry(10)
        return text * 2

    def broken():
        raise ValueError("broken by hand")

    handlers = {("py.add", "f64(f64,f64)"): lambda a, b: number(a + b), ("py.twice", "str(str)"): twice_asked,
                ("py.broken", "void()"): broken}
    environment = ("--broker", endpoint)
    with Worker(endpoint, handlers, ["python"], name="python-worker") as worker:
        with in_background(worker.serve, 4):
            need(command(*environment, "submit", "--queue", "python", "py.add", "1.5", "2") == "3.5")
            need(command(*environment, "submit", "--queue", "python", "py.twice", '"ab"') == '"abab"')
            failed = subprocess.run([FORKMILL, *environment, "submit", "--queue", "python", "py.broken"],
                                    capture_output=True, text=True, timeout=peer.GUARD)
            need(failed.returncode == 1 and "broken by hand" in failed.stderr and "python-worker" in failed.stderr, failed)
        need(attempts == ["ab", "ab"], attempts)
        rows = command(*environment, "worker", "ls", "-o", "json")
        need("python-worker" in rows, rows)
        worker.send(peer.DRAIN, [])
        worker.send(peer.GOODBYE, [0, "done"])


def check_large(endpoint):
    with Worker(endpoint, {("py.length", "u64(str)"): len, ("py.echo", "str(str)"): str}, ["python"]) as worker, \
         Client(endpoint) as client, in_background(worker.serve, 2):
        need(client.call("py.length", "u64(str)", "x" * 3_000_000, queue="python").value == 3_000_000)
        need(client.call("py.echo", "str(str)", "y" * 100_000, queue="python").value == "y" * 100_000)


def check_cancel_and_fencing(endpoint):
    with Worker(endpoint, {("py.slow", "u64()"): lambda: 0}, ["python"]) as worker, Client(endpoint) as client:
        task = client.submit("py.slow", "u64()", [], queue="python", options={4: 1})
        grant = worker.grants()[0]
        need(grant.id == task and grant.name == "py.slow" and grant.signature == fnv1a("u64()"), grant)
        worker.send(peer.PROGRESS, [[[task, grant.grant, 1.0, "all"]]])
        fraction, note = client.receive(peer.PROGRESS).body[0][0][2:]
        need(type(fraction) is int and fraction == 1 and note == "all", fraction, note)
        with in_background(lambda: need(client.cancel(task) == 2)):
            need(worker.revoked() == [grant.grant])
            worker.answer_revoke(grant.grant, STOPPING)
        worker.finish(grant, peer.CANCELLED, error=worker.report(56, InterruptedError()))
        need(client.result(task).kind == peer.CANCELLED)

        task = client.submit("py.slow", "u64()", [], queue="python")
        grant = worker.grants()[0]
        with in_background(lambda: need(client.cancel(task) == 1)):
            need(worker.revoked() == [grant.grant])
            worker.answer_revoke(grant.grant, RETURNED)
        need(client.result(task).kind == peer.CANCELLED)

        task = client.submit("py.slow", "u64()", [], queue="python")
        grant = worker.grants()[0]
        worker.worker[3:] = [[grant.grant], worker.welcome.store]
        need(worker.connect().resumed and not worker.welcome.abandon)
        stale = grant._replace(grant=[grant.grant[0], grant.grant[1], grant.grant[2] + 1])
        worker.finish(stale, peer.SUCCEEDED, 1)
        worker.finish(grant, peer.SUCCEEDED, 2)
        need(client.result(task).value == 2)
        worker.worker[3:] = [[grant.grant], worker.welcome.store]
        need(worker.connect().abandon == [grant.grant])


def check_handing_back(endpoint):
    with Worker(endpoint, {("py.one", "u64()"): lambda: 1}, ["python"]) as worker, Client(endpoint) as client:
        task = client.submit("py.one", "u64()", [], queue="python")
        grant = worker.grants()[0]
        worker.send(peer.RETURN, [[grant.grant], worker.granted + 1])
        again = worker.grants()[0]
        need(again.id == task and again.grant[2] == grant.grant[2] == 1, again)
        worker.run(again)
        need(client.result(task).value == 1)


# ---- Keys

def key_file(path):
    """The keys in a file of `forkmill keygen`, by their words."""
    with open(path, encoding="utf-8") as file:
        words = (line.split("#")[0].split() for line in file)
        return {row[0]: bytes.fromhex(row[1]) for row in words if len(row) == 2}


def check_curve(place):
    for name in ("broker", "alice", "bob"):
        command("keygen", f"{place}/{name}.key")
    keys = {name: (key_file(f"{place}/{name}.key.pub")["public"], key_file(f"{place}/{name}.key")["secret"],
                   key_file(f"{place}/broker.key.pub")["public"]) for name in ("alice", "bob")}
    with open(f"{place}/authorized", "w", encoding="utf-8") as file:
        for name, (public, _, _) in keys.items():
            file.write(f"{name} client {public.hex()} submit-names=math.* max-queued=2\n")
    os.chmod(f"{place}/authorized", 0o644)
    with ready_note(f"{place}/ready") as wait_ready, \
         started(BROKER, "--memory", "--listen", "tcp://127.0.0.1:*", "--announce", f"{place}/tcp", "--server-key",
                 f"{place}/broker.key", "--authorized-keys", f"{place}/authorized", "--log-level", "off",
                 env={**os.environ, "NOTIFY_SOCKET": f"{place}/ready"}):
        wait_ready()
        with open(f"{place}/tcp", encoding="utf-8") as file:
            endpoint = file.read().split()[0]
        with Client(endpoint, keys=keys["alice"]) as alice, Client(endpoint, keys=keys["bob"]) as bob:
            one = alice.submit_under_key("k", *ADD, [1, 2])
            need(bob.submit_under_key("k", *ADD, [7, 7]) == one)  # a task of its own
            need(len(bob.ask(6)["tasks"]) == 1)
            mine = alice.submit(*ADD, [1, 2])
            need(bob.cancel(mine) == 4)
            refused_with(70, bob.ask, 5, text_of(mine))
            refused_with(40, alice.submit, *ADD, [1, 2])
            refused_with(17, alice.submit, "demo.crash", "", [])
            need(alice.cancel(one) == 1)
            need(bob.ask(5, text_of(one))["state"] == "ready")
        with_worker_role = [["default"], [], 1]
        refused_with(15, peer.Peer, endpoint, peer.WORKER, with_worker_role, keys=keys["alice"])


def main():
    check_page()
    place = tempfile.mkdtemp(prefix="forkmill-conformance.")
    endpoint = f"ipc://{place}/broker"
    try:
        check_curve(place)
        with started(BROKER, "--memory", "--listen", endpoint, "--log-level", "off"):
            with started(CPP_WORKER, "--broker", endpoint, "--processes", "1", "--log-level", "off",
                         stderr=subprocess.DEVNULL):
                with Client(endpoint) as client:
                    need(client.call(*ADD, 1, 2).value == 3)  # the worker is there
                for check in (check_calls, check_keys_of_submissions, check_resume, check_queries, check_objects,
                              check_mistakes):
                    check(endpoint)
            for check in (check_worker, check_large, check_cancel_and_fencing, check_handing_back, check_operations_once,
                          check_text, check_heartbeat_before_hello):
                check(endpoint)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
