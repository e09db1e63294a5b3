#!/usr/bin/env python3
"""The pages show the cluster in a real browser, and take nothing that others have written for markup. Arguments:
forkmill, forkmill-broker. Needs Chromium."""
import re
import subprocess

from gateway import GUARD, Gateway, command, folder, in_cluster, need, rows, within

PAYLOAD = "<img src=x onerror=document.title=1>"
NO_FOLDER = f'[[["true"],"",{{}},"/{PAYLOAD}",false,1000]]'  # the error of the task quotes the folder


def submit(*options):
    return command("submit", "-d", *options).strip()


class Browser:
    def __init__(self, place, gateway):
        self.place = place
        self.gateway = gateway

    def page(self, path, width):
        """The elements of a page, as markup, after its scripts have run. Chromium waits for the answers to the requests
        of a page, but not for the events of a stream, which never ends: a page with one gets some seconds instead."""
        has_stream = not path.startswith(("tasks?", "dead"))
        patience = "--timeout=5000" if has_stream else "--virtual-time-budget=10000"
        done = subprocess.run(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.place}/browser",
             f"--window-size={width},800", patience, "--dump-dom", self.gateway.url.geturl() + path],
            capture_output=True, text=True, timeout=GUARD)
        need(done.returncode == 0, path, done.stderr[-2000:])
        need("<title>1</title>" not in done.stdout and "<img" not in done.stdout, path, "a script of others has run")
        return done.stdout

    def shows(self, path, *texts):
        """The page has these texts at each width, and no error."""
        for width in (1280, 768, 390):
            page = within(lambda width=width: self.seen(path, width, texts), path, width, texts)
            need('class="error" role="alert"' not in page, path, width)
            need(re.search(r"<main.*<h1>", page, re.S), path, width)

    def seen(self, path, width, texts):
        page = self.page(path, width)
        return page if all(text in page for text in texts) else None


def main():
    in_cluster()
    waiting = submit("--queue", "mail", "mail.send", f'"{PAYLOAD}"')
    failed = submit("--attempts", "1", "forkmill.exec", NO_FOLDER)
    command("run", "-d", "--", "tail", "-f", "/dev/null", PAYLOAD)
    within(lambda: rows("task", "get", failed)["state"] == "failed")
    within(lambda: rows("status")["unserved"])
    shown = PAYLOAD.replace("<", "&lt;").replace(">", "&gt;")
    with folder() as place, Gateway() as gateway:
        within(lambda: gateway.request("GET", "/readyz").status == 200)
        browser = Browser(place, gateway)
        browser.shows("", "Needs attention", "1 task mail.send of queue mail cannot run", "dead letters", "<polyline")
        command("queue", "pause", "mail")
        command("queue", "limit", "default", "--running", "7")
        browser.shows("queues", "mail", "paused", "Resume", "Pause…", "Limits…", "Reset…", "Purge…")
        command("queue", "resume", "mail")
        browser.shows("tasks?queue=mail", waiting[:23], "Cancel all that match…")
        browser.shows("tasks?state=running", shown)
        browser.shows(f"tasks/{waiting}", "Why", "no worker serves queue mail", shown, "Cancel…")
        browser.shows(f"tasks/{failed}", "failed for good", "the task has one attempt", "ExecFolderError", "Backtrace", shown, "Retry…")
        browser.shows("dead", failed[:23], shown, "Drop all that match…")
        browser.shows("workers", "1 of 2", shown, "Pause…", "Scale…", "Drain…")
        within(lambda: browser.seen("tasks/0190163d-8694-739b", 1280, ['role="alert"']))
    with folder() as place, Gateway("--read-only") as gateway:
        within(lambda: gateway.request("GET", "/readyz").status == 200)
        browser = Browser(place, gateway)
        page = within(lambda: browser.seen("queues", 1280, ["mail"]))
        need("Purge" not in page and "Pause" not in page and "Limits" not in page)


main()
