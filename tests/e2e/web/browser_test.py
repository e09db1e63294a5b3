#!/usr/bin/env python3
"""The pages show the cluster in a real browser, and take nothing that others have written for markup. Arguments:
forkmill, forkmill-broker. Needs Chromium."""
import json
import os
import re
import subprocess

from chromium import Chromium
from gateway import FORKMILL, Gateway, command, folder, in_cluster, need, rows, within

WORKER = os.path.join(os.path.dirname(FORKMILL), "forkmill-worker")

PAYLOAD = "<img src=x onerror=document.title=1>"
SHOWN = PAYLOAD.replace("<", "&lt;").replace(">", "&gt;")
NO_FOLDER = f'[[["true"],"",{{}},"/{PAYLOAD}",false,1000]]'  # the error of the task quotes the folder


def submit(*options):
    return command("submit", "-d", *options).strip()


class Browser:
    def __init__(self, chromium, gateway):
        self.chromium = chromium
        self.gateway = gateway

    def open(self, path, width=1280):
        self.chromium.open(self.gateway.url.geturl() + path, width)

    def page(self):
        """The elements of the page as they are now, as markup."""
        page = self.chromium.run("document.documentElement?.outerHTML ?? ''")
        need("<title>1</title>" not in page and "<img" not in page, page, "a script of others has run")
        return page

    def shows(self, path, *texts):
        """The page has these texts at each width, and no error."""
        for width in (1280, 768, 390):
            self.open(path, width)
            page = self.awaited(*texts)
            need('class="error" role="alert"' not in page, path, width, page)
            need(re.search(r"<main.*<h1>", page, re.S), path, width)
            need(self.chromium.run("document.documentElement.scrollWidth <= window.innerWidth"), path, width, "overflows")

    def awaited(self, *texts):
        """Waits until the page has these texts, and returns it."""
        return within(lambda: self.seen(texts), texts)

    def seen(self, texts):
        page = self.page()
        return page if all(text in page for text in texts) else None

    def seen_in_log(self, text):
        log = self.page().partition('aria-label="Log"')[2]
        return log if text in log else None


def main():
    in_cluster(history_age="7d")
    waiting = submit("--queue", "mail", "mail.send", f'"{PAYLOAD}"')
    failed = submit("--attempts", "1", "forkmill.exec", NO_FOLDER)
    command("run", "-d", "--", "tail", "-f", "/dev/null", PAYLOAD)
    within(lambda: rows("task", "get", failed)["state"] == "failed")
    within(lambda: rows("status")["unserved"])
    with folder() as place, Chromium(place) as chromium:
        with Gateway() as gateway:
            within(lambda: gateway.request("GET", "/readyz").status == 200)
            check_pages(Browser(chromium, gateway), waiting, failed)
            check_running(Browser(chromium, gateway))
            check_log(Browser(chromium, gateway), place)
            check_result(Browser(chromium, gateway))
            check_odd_results(Browser(chromium, gateway), waiting)
            check_history(Browser(chromium, gateway))
            check_kill(Browser(chromium, gateway))
            check_keyboard(Browser(chromium, gateway))
            check_steering(Browser(chromium, gateway), waiting)
            check_edit(Browser(chromium, gateway))
            check_search(Browser(chromium, gateway))
            check_outage(Browser(chromium, gateway))
        with Gateway("--read-only") as gateway:
            within(lambda: gateway.request("GET", "/readyz").status == 200)
            browser = Browser(chromium, gateway)
            browser.open("queues")
            page = browser.awaited("mail")
            need(not re.search("Purge|Pause…|Pause a|Limits", page), page)


def check_pages(browser, waiting, failed):
    shown = SHOWN
    browser.shows("", "Needs attention", "1 task mail.send of queue mail cannot run", "dead letters")
    check_plots(browser)
    browser.shows("queues", "mail", "Pause…", "Limits…", "Purge…")
    browser.shows("tasks?queue=mail", waiting[:23], "Cancel all that match…")
    browser.shows("tasks?state=running", shown)
    browser.shows(f"tasks/{waiting}", "Why", "no worker serves queue mail", shown, "Cancel…")
    browser.shows(f"tasks/{failed}", "failed for good", "the task has one attempt", "ExecFolderError", "Backtrace", shown, "Retry…")
    browser.shows("dead", failed[:23], shown, "Drop all that match…")
    browser.shows("errors", "ExecFolderError", "cannot enter", shown.replace("=1", "=&lt;n&gt;"))
    command("queue", "pause", "other")
    browser.gateway.post("/api/v1/queues/other/resume")
    browser.shows("audit", "queues/{queue}/resume", "other", "local")
    browser.shows("objects", "No client has made a named object.")
    browser.open("objects/none")
    browser.awaited('role="alert"')
    browser.shows("workers", "1 of 2", shown, "Pause…", "Scale…", "Restart…", "Drain…")
    browser.open("tasks/0190163d-8694-739b")
    browser.awaited('role="alert"')


def check_plots(browser):
    """The figures of the last minutes are plots if the gateway was built with uPlot, and a table in any case."""
    are_built = b"export default null" not in browser.gateway.get("/static/uplot.js").body
    for width in (1280, 390):
        browser.open("", width)
        page = browser.awaited("The same as a table")
        if are_built:
            sizes = within(lambda: browser.chromium.run(CANVASES))
            need(len(sizes) == 4 and all(wide > 150 and high > 50 and painted for wide, high, painted in sizes), sizes)
            need("built without plots" not in page, page)
            need(browser.chromium.run("document.querySelector('details').open") is False)
            browser.chromium.run("document.querySelector('summary').click()")
        else:
            page = browser.awaited("This gateway was built without plots.")
            need("<canvas" not in page, page)
        page = browser.awaited("Ends: succeeded", "Run of an attempt: 95 % within", " a second</td>")
        need(browser.chromium.run("document.documentElement.scrollWidth <= window.innerWidth"), width, "overflows")


# The canvases of the plots: their sizes on the page, and whether anything is painted on them. Null: there is none yet.
CANVASES = """(() => {
  const found = [...document.querySelectorAll("figure .uplot canvas")].map((canvas) => {
    const {width, height} = canvas.getBoundingClientRect();
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return [width, height, pixels.some((value) => value !== 0)];
  });
  return found.length > 0 && found.every(([, , painted]) => painted) ? found : null;
})()"""


def check_running(browser):
    """The page of a task that runs says for how long, and goes on saying so."""
    browser.open(f"tasks/{rows('task', 'ls', '--state', 'running')[0]['id']}")
    browser.awaited("<dt>running for</dt>")
    shown = "[...document.querySelectorAll('dt')].find((name) => name.textContent === 'running for').nextSibling.textContent"
    first = browser.chromium.run(shown)
    need(re.fullmatch(r"[0-9.hms]+", first), first)
    within(lambda: browser.chromium.run(shown) != first)


def check_edit(browser):
    """A dead letter is retried with arguments that were edited on its page, unless they are no JSON array."""
    failed = submit("--attempts", "1", "forkmill.exec", NO_FOLDER)
    within(lambda: rows("task", "get", failed)["state"] == "failed")
    browser.shows(f"tasks/{failed}", "Retry with other arguments…")
    browser.chromium.click("Retry with other arguments…")

    def write(text):
        browser.chromium.run("(() => { const input = document.querySelector('dialog textarea');"
                             f" input.value = {text!r}; input.dispatchEvent(new Event('input')); }})()")
        return browser.chromium.run("document.querySelector('dialog button[value=yes]').disabled")

    need(PAYLOAD in browser.chromium.run("document.querySelector('dialog textarea').value"))
    need(write("[1,") is True and write('{"a": 1}') is True and "This is no JSON array." in browser.page())
    need(write('[[["echo", "edited"], "", {}, "/", false, 1000]]') is False)
    browser.chromium.click("Retry")
    browser.awaited("echo edited", "succeeded")
    need(failed not in [row["id"] for row in rows("dead", "ls")])
    binary = submit("--attempts", "1", "forkmill.exec", '{"base64": "AAE="}')  # as a page shows bytes that are no text
    within(lambda: rows("task", "get", binary)["state"] == "failed")
    browser.shows(f"tasks/{binary}", "AAE=", "Retry…")
    need("Retry with other arguments…" not in browser.page())
    command("dead", "drop", "--yes", binary)


# The broker looks at thousands of tasks before it answers with an empty page: answers of that kind, without the tasks.
# The last one waits until the test has seen what the page says meanwhile.
FEW_MATCH = """(() => {
  const real = window.fetch;
  window.asked = [];
  window.fetch = (path, options) => {
    if (!path.includes("/tasks?")) return real(path, options);
    window.asked.push(path);
    const next = window.asked.length < 3 ? String(100 - window.asked.length) : null;
    const answer = () => new Response(JSON.stringify({tasks: [], next, reached_at_ms: next ? 1e12 : null}));
    if (next !== null) return Promise.resolve(answer());
    return new Promise((resolve) => { window.go_on = () => resolve(answer()); });
  };
})()"""


def check_search(browser):
    """A search goes on by itself until it has a page of rows, or there are no more tasks."""
    browser.shows("tasks?queue=none", "Refresh")
    browser.chromium.run(FEW_MATCH)
    browser.chromium.click("Refresh")
    asked = within(lambda: len(browser.chromium.run("window.asked")) == 3 and browser.chromium.run("window.asked"))
    need(["cursor=" in path for path in asked] == [False, True, True], asked)
    need("cursor=99" in asked[1] and "cursor=98" in asked[2], asked)
    browser.awaited("Searching older tasks, back to 2001-09-0", ">Stop<")
    browser.chromium.run("window.go_on()")
    page = within(lambda: browser.page() if "Searching" not in browser.page() else None)
    need(">More<" not in page and ">Stop<" not in page, page)
    check_failed_search(browser)


# The second answer is an error, once.
SECOND_FAILS = """(() => {
  const real = window.fetch;
  window.asked = [];
  window.fetch = (path, options) => {
    if (!path.includes("/tasks?")) return real(path, options);
    window.asked.push(path);
    const page = {tasks: [], next: window.asked.length < 3 ? "77" : null};
    if (window.asked.length !== 2) return Promise.resolve(new Response(JSON.stringify(page)));
    const error = {code: "overloaded", message: "the gateway is busy", fix: "try again"};
    return Promise.resolve(new Response(JSON.stringify({error}), {status: 503}));
  };
})()"""


def check_failed_search(browser):
    """A search that fails says so, does not seem to go on, and goes on from there when it is told to."""
    browser.open("tasks?queue=none")
    browser.awaited("No task matches.")
    browser.chromium.run(SECOND_FAILS)
    browser.chromium.click("Refresh")
    page = browser.awaited("the gateway is busy: try again", ">Try again<")
    need("Searching" not in page and ">Stop<" not in page, page)
    browser.chromium.click("Try again")
    page = within(lambda: browser.page() if "the gateway is busy" not in browser.page() else None)
    need("Searching" not in page and "Try again" not in page and "No task matches." in page, page)
    asked = browser.chromium.run("window.asked")
    need(["cursor=77" in path for path in asked] == [False, True, True], asked)


# Streams that say what the test wants.
STREAMS = """(() => {
  window.streams = {};
  window.EventSource = class extends EventTarget {
    static CLOSED = 2;
    constructor(path) {
      super();
      this.readyState = 1;
      window.streams[path.match(/v1[/]([a-z]+)/)[1]] = this;
    }
    close() {}
    fail() {
      const error = {code: "broker_unreachable", message: "the broker is away", fix: null};
      this.dispatchEvent(new MessageEvent("failure", {data: JSON.stringify({error})}));
    }
    tell(rows) { this.onmessage({data: JSON.stringify(rows)}); }
    refuse() {
      this.readyState = 2;
      this.onerror();
    }
  };
})()"""


def check_outage(browser):
    """What a page says while it has no answer is taken back when it has one, and nothing old stands beside it."""
    browser.open("queues")
    browser.awaited("Limits…")
    browser.chromium.run(STREAMS)

    def go(page):
        browser.chromium.run(f"document.querySelector('nav a[href=\"/{page}\"]').click()")
        return within(lambda: browser.chromium.run(f"'{page}' in window.streams"))

    def has_fault():
        return "the broker is away" in browser.page()

    go("workers")
    browser.chromium.run("window.streams.workers.tell([]); window.streams.processes.tell([])")
    browser.awaited("No worker is connected.", "There are none.")
    browser.chromium.run("window.streams.workers.fail(); window.streams.processes.fail()")
    browser.awaited("the broker is away", "Not known now.", "broker away")
    browser.chromium.run("window.streams.workers.tell([]); window.streams.processes.tell([])")
    page = browser.awaited("No worker is connected.", "There are none.", ">live<")
    need(not has_fault() and "Not known now." not in page, page)
    go("queues")
    browser.chromium.run("window.streams.queues.tell([]); window.streams.queues.fail()")
    browser.awaited("the broker is away", "No queue is in use.")
    browser.chromium.run("window.streams.queues.tell([])")
    need(not has_fault(), browser.page())
    browser.chromium.run("window.streams.queues.refuse()")
    browser.awaited(">not live<", "mail")  # the present answer, without a stream


def check_log(browser, place):
    """A log is shown as text, live, and each line once."""
    more = f"{place}/more"
    os.mkfifo(more)
    line = r'echo "out $1"; echo "err $1" >&2; printf "\033]0;x\007\n"; read word < "$2"; echo "$word $1"'
    task = command("run", "-d", "--", "sh", "-c", line, "sh", PAYLOAD, more).strip()
    browser.shows(f"tasks/{task}", "Log of attempt 1", f"out {SHOWN}", f"err {SHOWN}", r"\u001b]0;x\u0007")
    with open(more, "w", encoding="utf-8") as pipe:
        pipe.write("then\n")
    browser.awaited("<h2>Result</h2>", "succeeded")
    page = within(lambda: browser.seen_in_log(f"then {SHOWN}"))
    need(page.count(f"out {SHOWN}") == 1 and page.count(f"err {SHOWN}") == 1, page)


def check_result(browser):
    """A result is shown as JSON; one that is too large for that as rows of its first bytes."""
    def ended(*argv):
        one = submit("forkmill.exec", json.dumps([[argv, "", {}, "/", False, 100000]]))
        within(lambda: rows("task", "get", one)["state"] == "succeeded")
        return f"tasks/{one}"

    browser.shows(ended("echo", PAYLOAD), "<h2>Result</h2>", f'"{SHOWN}\\n"')
    browser.shows(ended("sh", "-c", "printf '<i>'; head -c 20000 /dev/zero | tr '\\0' x"), "<h2>Result</h2>", "&lt;i&gt;xxx",
                  "the first 1.0 KiB of 19.6 KiB", "000003f0  78 78")
    need("<i>" not in browser.page() and "00000400" not in browser.page(), browser.page())


def check_odd_results(browser, waiting):
    """A result that only looks as bytes do in an answer of the gateway is shown as it is."""
    browser.open("tasks?queue=mail")
    browser.awaited(waiting[:23])
    browser.chromium.run(STREAMS)
    browser.chromium.run(f"document.querySelector('a[href=\"/tasks/{waiting}\"]').click()")
    within(lambda: browser.chromium.run("'tasks' in window.streams"))
    task = browser.gateway.get(f"/api/v1/tasks/{waiting}").json()

    def page_with(digits, size):
        told = json.dumps({**task, "result": {"hex": digits}, "result_bytes": size})
        browser.chromium.run(f"window.streams.tasks.tell({told})")
        return browser.page()

    need("00000000  61 62 ff" in page_with("6162ff", 3) and "These bytes are no JSON." in browser.page(), browser.page())
    for digits, size in (("6162ff", 12), ("6162f", 3), ("two words", 14), ("ABCD", 2)):
        need(f'"hex": "{digits}"' in page_with(digits, size) and 'class="dump"' not in browser.page(), browser.page())


def check_history(browser):
    """A task that only the history has is found, and tells why it failed."""
    gone = submit("--attempts", "1", "forkmill.exec", NO_FOLDER)
    within(lambda: rows("task", "get", gone)["state"] == "failed")
    command("dead", "drop", "--yes", gone)
    within(lambda: rows("task", "get", gone)["history"])
    browser.shows("tasks?finished=true&state=failed", gone[:23], "no longer kept", SHOWN)
    browser.shows(f"tasks/{gone}", "only the history of this task", "only its history is kept", "failed for good",
                  "the task has one attempt", "ExecFolderError", "Attempts", SHOWN)
    need("Retry…" not in browser.page() and "Drop…" not in browser.page(), "a task of the history can be changed")


def check_steering(browser, waiting):
    """Changes by others are shown while a page is open, and those of the page are carried out once they are confirmed."""
    browser.open("queues?queue=mail")
    browser.awaited("mail", "Pause…")
    command("queue", "pause", "mail")
    command("queue", "limit", "default", "--running", "7")
    browser.awaited("paused", "Resume", "Reset…")
    command("queue", "resume", "mail")
    check_names(browser)
    check_all_workers(browser)
    check_failed_search_changes(browser)
    browser.open(f"tasks/{waiting}")
    browser.chromium.click("Cancel…")
    browser.chromium.click("Leave it")
    need(rows("task", "get", waiting)["state"] == "ready", "the task was cancelled without a confirmation")
    browser.chromium.click("Cancel…")
    browser.chromium.click("Cancel")
    within(lambda: rows("task", "get", waiting)["state"] == "cancelled")
    browser.awaited("cancelled")


def check_kill(browser):
    """The page of a task says what has become of it when its worker is killed, and that of the workers forgets it."""
    worker = subprocess.Popen([WORKER, "--queues", "victims", "--name", "victim", "--allow-exec", "--processes", "1",
                               "--log-level", "off"])
    try:
        task = command("run", "-d", "--queue", "victims", "--attempts", "2", "--", "tail", "-f", "/dev/null").strip()
        browser.open(f"tasks/{task}")
        browser.awaited(">running<", ">victim<")
    finally:
        worker.kill()
        worker.wait()
    browser.awaited("<h2>Attempts</h2>", ">lost<", "no worker serves queue victims")
    browser.open("workers")
    browser.awaited("Processes for tasks")
    within(lambda: "victim" not in browser.page())
    command("task", "cancel", task)


def check_keyboard(browser):
    """A page is opened, a queue is purged and a task is found by keys alone. The focus stays when a list is made again."""
    task = submit("--queue", "keys", "nobody.has", "1")
    browser.open("")
    browser.awaited("<h1>Overview</h1>")
    browser.chromium.press("g")
    browser.chromium.press("q")
    browser.awaited("<h1>Queues</h1>", "Purge keys", "Pause mail")

    def focused():
        return browser.chromium.run("document.activeElement.getAttribute('aria-label')")

    for _ in range(300):
        browser.chromium.press("Tab")
        if focused() == "Purge keys":
            break
    need(focused() == "Purge keys", focused())
    browser.chromium.press("Enter")
    within(lambda: focused() == "Type keys")
    browser.chromium.write("keys")
    browser.chromium.press("Enter")
    within(lambda: rows("task", "get", task)["state"] == "cancelled")
    browser.chromium.run("(() => { const button = document.querySelector('[aria-label=\"Pause mail\"]');"
                         " button.focus(); button.is_old = true; })()")
    within(lambda: browser.chromium.run("document.querySelector('[aria-label=\"Pause mail\"]').is_old !== true"))
    need(focused() == "Pause mail", focused())
    browser.chromium.press("/")
    need(focused() == "Id of a task", focused())
    browser.chromium.write(task)
    browser.chromium.press("Enter")
    browser.awaited("<h1>Task</h1>", task, "cancelled")


def check_names(browser):
    """Task names are paused and resumed on the page of queues."""
    browser.open("queues")
    browser.awaited("No task name is paused.")
    browser.chromium.click("Pause a task name…")
    browser.chromium.run("document.querySelector('dialog input').value = 'mail.digest'")
    browser.chromium.click("Pause")
    browser.awaited("task name mail.digest is paused", 'aria-label="Resume mail.digest"')
    need([row["name"] for row in rows("name", "ls")] == ["mail.digest"])
    browser.chromium.run("document.querySelector('[aria-label=\"Resume mail.digest\"]').click()")
    browser.awaited("task name mail.digest is resumed", "No task name is paused.")
    need(rows("name", "ls") == [])


def check_all_workers(browser):
    """All workers are paused and resumed at once, and a drain of them wants a word typed."""
    browser.shows("workers", "all workers", "Pause these…")
    browser.chromium.click("Pause these…")
    browser.chromium.click("Pause")
    browser.awaited("paused by an operator")
    browser.chromium.click("Resume these")
    within(lambda: "paused by an operator" not in browser.page())
    browser.chromium.click("Drain these…")
    need(browser.chromium.run("document.querySelector('dialog button[value=yes]').disabled"))
    browser.chromium.click("Leave it")


def check_failed_search_changes(browser):
    """Failed tasks that a search finds are retried and dropped, as on the page of dead letters."""
    failed = submit("--attempts", "1", "forkmill.exec", NO_FOLDER)
    within(lambda: rows("task", "get", failed)["state"] == "failed")
    browser.open(f"tasks?state=failed&id={failed}")
    browser.awaited(failed[:23], "Retry all that match…")
    browser.chromium.click("Drop all that match…")
    within(lambda: browser.chromium.run("document.querySelector('dialog input') !== null"))
    browser.chromium.run("(() => { const input = document.querySelector('dialog input'); input.value = '1';"
                         " input.dispatchEvent(new Event('input')); })()")
    browser.chromium.click("Drop")
    browser.awaited("No task matches.")
    need(failed not in [row["id"] for row in rows("dead", "ls")])


main()
