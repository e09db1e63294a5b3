#!/usr/bin/env python3
"""A real Prometheus scrapes the gateway, and the alerts and the dashboard that are shipped ask for metrics that exist.
Arguments: forkmill, forkmill-broker. Needs the Debian package prometheus."""
import contextlib
import json
import os
import re
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from gateway import GUARD, Gateway, command, folder, in_cluster, need, within

HERE = os.path.dirname(os.path.abspath(__file__))
DEPLOY = os.path.join(HERE, "../../../deploy")
ALERTS = os.path.abspath(os.path.join(DEPLOY, "prometheus/alerts.yaml"))
DASHBOARD = os.path.join(DEPLOY, "grafana/forkmill.json")


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, timeout=GUARD)
    need(done.returncode == 0, arguments, done.stdout, done.stderr)


def check_rules(place):
    promtool("check", "rules", ALERTS)
    with open(os.path.join(HERE, "alerts.yaml"), encoding="utf-8") as file:
        tests = file.read().replace("ALERTS", ALERTS)
    with open(f"{place}/alerts.yaml", "w", encoding="utf-8") as file:
        file.write(tests)
    promtool("test", "rules", f"{place}/alerts.yaml")
    with open(ALERTS, encoding="utf-8") as file:
        for name in re.findall(r"alert: (\w+)", file.read()):
            need(f"alertname: {name}" in tests, name, "has no test")


class Prometheus:
    """A running Prometheus, which scrapes the gateway every second."""

    def __init__(self, place, gateway):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                  "rule_files": [ALERTS],
                  "scrape_configs": [{"job_name": "forkmill",
                                      "static_configs": [{"targets": [gateway.url.netloc]}]}]}
        with open(f"{place}/prometheus.yaml", "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        self.log = open(f"{place}/prometheus.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={place}/prometheus.yaml", f"--storage.tsdb.path={place}/tsdb",
             f"--web.listen-address={self.address}"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def ask(self, path, **parameters):
        """The data of an answer. None: it does not answer yet."""
        need(self.process.poll() is None, "prometheus has ended")
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with contextlib.suppress(ConnectionError, urllib.error.URLError, TimeoutError):
            with urllib.request.urlopen(url, timeout=GUARD) as answer:
                return json.load(answer)["data"]
        return None

    def query(self, expression):
        data = self.ask("query", query=expression)
        need(data is not None, expression)
        return data["result"]


def check_scrapes(prometheus):
    def healthy():
        targets = (prometheus.ask("targets") or {}).get("activeTargets", [])
        need(not any(target["lastError"] for target in targets), targets)
        return any(target["health"] == "up" for target in targets)

    within(healthy)
    within(lambda: prometheus.query("forkmill_up == 1"))
    within(lambda: prometheus.query("sum(forkmill_task_run_seconds_count) >= 4"))
    metadata = prometheus.ask("metadata")
    need(metadata["forkmill_task_run_seconds"][0]["type"] == "histogram", metadata)
    need(all(entry[0]["help"] for entry in metadata.values()), metadata)


def expressions():
    """The expressions of the alerts and of the dashboard, with values for the variables of the latter."""
    with open(DASHBOARD, encoding="utf-8") as file:
        board = json.load(file)
    found = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
    variables = {"$__rate_interval": "30s", "$instance": ".*", "$queue": ".*"}
    for name, value in variables.items():
        found = [(title, text.replace(name, value)) for title, text in found]
    need(len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), "two panels have one id")
    need(not any("$" in text for _, text in found), found)
    return found


def check_dashboard(prometheus):
    """Each panel has something to show."""
    for title, text in expressions():
        within(lambda text=text: prometheus.query(text), title, text)


def check_names(prometheus):
    """Each metric that the alerts and the dashboard name has been scraped."""
    known = set(prometheus.ask("label/__name__/values"))
    with open(ALERTS, encoding="utf-8") as file:
        rules = re.findall(r"expr: (.*(?:\n          .*)*)", file.read())
    texts = rules + [text for _, text in expressions()]
    names = {name for text in texts for name in re.findall(r"\b(?:forkmill|process)_\w+", text)}
    need(len(rules) > 10 and len(names) > 15, names)
    need(names <= known, names - known)
    groups = prometheus.ask("rules")["groups"]
    need(all(rule["health"] == "ok" for rule in groups[0]["rules"]), groups)


def main():
    in_cluster(history_age="7d")
    with folder() as place, Gateway() as gateway:
        check_rules(place)
        within(lambda: gateway.request("GET", "/readyz").status == 200)
        command("submit", "-d", "--queue", "unserved", "nobody.has", "1")
        for _ in range(3):
            command("run", "--", "true")
        command("submit", "--attempts", "1", "forkmill.exec", "5", status=1)
        promtool("check", "metrics", text=gateway.get("/metrics").body.decode())
        with Prometheus(place, gateway) as prometheus:
            within(lambda: prometheus.ask("targets"))
            check_scrapes(prometheus)
            command("run", "--", "true")  # a rate needs a rise
            command("submit", "--attempts", "1", "forkmill.exec", "5", status=1)
            check_names(prometheus)
            check_dashboard(prometheus)
            within(lambda: any(alert["labels"]["alertname"] == "ForkmillTasksUnserved" and alert["state"] == "pending"
                               for alert in prometheus.ask("alerts")["alerts"]))


main()
