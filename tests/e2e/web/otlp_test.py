#!/usr/bin/env python3
"""A gateway sends the spans of traced tasks to a collector, which refuses them at first, goes away and comes back, as
the broker does. Arguments: forkmill, forkmill-broker."""
import os
import re
import subprocess
import uuid

from collector import Collector
from gateway import FORKMILL, GUARD, Gateway, OwnBroker, command, folder, need, within

WORKER = os.path.join(os.path.dirname(FORKMILL), "forkmill-worker")
OF_A_RUN = ["forkmill.exec", "run forkmill.exec", "wait forkmill.exec"]


class OwnWorker:
    """A worker that tells commands the spans of their attempts."""

    def __init__(self, broker):
        self.process = subprocess.Popen(
            [WORKER, "--broker", broker.endpoint, "--allow-exec", "--attempt-spans", "--processes", "1", "--name", "w1",
             "--log-level", "off"])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()


class Trace:
    """The trace of a submitter, with the submitter's own span."""

    def __init__(self, flags="01"):
        self.id, self.span, self.flags = uuid.uuid4().hex, uuid.uuid4().hex[:15] + "1", flags

    @property
    def parent(self):
        return f"00-{self.id}-{self.span}-{self.flags}"

    def environment(self):
        return dict(os.environ, TRACEPARENT=self.parent, TRACESTATE="vendor=1")

    def run(self, line, *options):
        """Runs a command in this trace, and returns its output."""
        return command("run", *options, line, env=self.environment()).strip()


def sample(gateway, name):
    """The value of a sample, with its labels; 0: there is none."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", gateway.get("/metrics").body.decode(), re.M)
    return float(found[1]) if found else 0


def metric(gateway, name):
    return sample(gateway, f"forkmill_gateway_otlp_{name}")


def wait_until_following(gateway):
    within(lambda: metric(gateway, "following") == 1)


def by_name(spans):
    return {span["name"]: span for span in spans}


def check_first(gateway, collector):
    """The collector answers 503 first. The handler is a child of its attempt, and that one of the submitter's span."""
    collector.statuses += [503, 429]
    trace = Trace()
    told = trace.run('echo "$TRACEPARENT $TRACESTATE"')
    spans = by_name(collector.trace(trace.id, OF_A_RUN))
    task, ran, waited = spans["forkmill.exec"], spans["run forkmill.exec"], spans["wait forkmill.exec"]
    need(told == f"00-{trace.id}-{ran['spanId']}-01 vendor=1", told, ran)
    need(task["parentSpanId"] == trace.span, task, trace.parent)
    need(ran["parentSpanId"] == waited["parentSpanId"] == task["spanId"], spans)
    need(all(span["traceState"] == "vendor=1" for span in spans.values()), spans)
    need(all(span["status"] == {} for span in spans.values()), spans)
    need(int(task["startTimeUnixNano"]) <= int(waited["startTimeUnixNano"]), spans)
    need(int(waited["endTimeUnixNano"]) <= int(ran["startTimeUnixNano"]), spans)
    need(int(ran["endTimeUnixNano"]) <= int(task["endTimeUnixNano"]), spans)
    attributes = ran["attributes"]
    need(attributes["forkmill.worker"] == "w1" and attributes["forkmill.attempt"] == 1, attributes)
    need(attributes["forkmill.outcome"] == "succeeded", attributes)
    need(attributes["messaging.destination.name"] == "default", attributes)
    need(collector.answered[:3] == [503, 429, 200], collector.answered)
    need(collector.headers[-1]["X-Api-Key"] == "secret", collector.headers[-1])
    need(collector.resources[-1]["service.name"] == "checkout", collector.resources[-1])
    need(collector.resources[-1]["deployment"] == "test", collector.resources[-1])
    within(lambda: metric(gateway, 'requests_total{outcome="delivered"}') == 1)
    need(metric(gateway, 'requests_total{outcome="retried"}') == 2)
    need(metric(gateway, "exported_spans_total") == 3)
    need(metric(gateway, 'dropped_spans_total{reason="queue_full"}') == 0)


def check_unsampled(collector):
    """Tasks without a trace, and of a trace that is not sampled, have no spans; their headers stay as they are."""
    unsampled, sampled = Trace("00"), Trace()
    need(unsampled.run('echo "$TRACEPARENT"') == unsampled.parent)
    need(command("run", 'echo "[$TRACEPARENT]"').strip() == "[]")
    sampled.run("true")
    collector.trace(sampled.id, OF_A_RUN)
    need(not any(trace == unsampled.id for trace, span in collector.spans), collector.spans)
    need(len({trace for trace, span in collector.spans}) == 2, collector.spans)


def check_attempts(collector, place):
    """A process that dies in the first attempt. Each attempt has its own spans; the task has failed in the end."""
    trace = Trace()
    failed = Trace()
    need(trace.run(f"test -e {place}/once || {{ touch {place}/once; kill -KILL $PPID; exec tail -f /dev/null; }}; echo $TRACEPARENT",
                   "--attempts", "2"))
    spans = collector.trace(trace.id, OF_A_RUN + OF_A_RUN[1:])
    runs = sorted((span for span in spans if span["name"] == "run forkmill.exec"),
                  key=lambda span: span["attributes"]["forkmill.attempt"])
    need([run["attributes"]["forkmill.attempt"] for run in runs] == [1, 2], runs)
    need([run["attributes"]["forkmill.outcome"] for run in runs] == ["lost", "succeeded"], runs)
    need(runs[0]["status"]["code"] == 2 and runs[0]["attributes"]["error.type"], runs[0])
    need([event["name"] for event in runs[0]["events"]] == ["forkmill.retry"], runs[0])
    need(runs[1]["status"] == {} and "events" not in runs[1], runs[1])
    need(len({span["spanId"] for span in spans}) == 5, spans)
    task = by_name(spans)["forkmill.exec"]
    need(task["status"] == {} and task["attributes"]["forkmill.attempts"] == 2, task)

    task_id = command("submit", "-d", "--attempts", "1", "forkmill.exec", "5", env=failed.environment()).strip()
    task = by_name(collector.trace(failed.id, OF_A_RUN))["forkmill.exec"]
    need(task["status"]["code"] == 2 and task["status"]["message"], task)
    need(task["attributes"]["forkmill.task.id"] == task_id, task)


def check_collector_away(gateway, collector):
    """Spans wait while the collector is away, and come when it is back."""
    collector.stop()
    before = metric(gateway, 'requests_total{outcome="retried"}')
    trace = Trace()
    trace.run("true")
    within(lambda: metric(gateway, 'requests_total{outcome="retried"}') > before)
    need(gateway.get("/healthz").json() == {"status": "ok"})
    collector.start()
    collector.trace(trace.id, OF_A_RUN)


def check_broker_away(gateway, collector, broker):
    """The gateway follows a broker that was started again."""
    broker.kill()
    within(lambda: metric(gateway, "following") == 0)
    broker.start()
    wait_until_following(gateway)
    within(lambda: sample(gateway, "forkmill_event_subscribers") == 1)
    trace = Trace()
    trace.run("true")
    collector.trace(trace.id, OF_A_RUN)


def check_all_tasks(broker, collector):
    """Tasks without a trace have one with the digits of their own ids."""
    with Gateway("--otlp-all-tasks", broker=broker.endpoint) as gateway:
        wait_until_following(gateway)
        task_id = command("run", "-d", "true").strip()
        command("attach", task_id)
        spans = by_name(collector.trace(task_id.replace("-", ""), OF_A_RUN))
        need("parentSpanId" not in spans["forkmill.exec"], spans)
        need(gateway.stop() == 0)


WITHOUT = {name: "" for name in os.environ if name.startswith("OTEL_")}


def refused(*options, **environment):
    done = subprocess.run([FORKMILL, "web", "--listen", "127.0.0.1:0", *options], capture_output=True, text=True,
                          timeout=GUARD, env=dict(os.environ, **environment))
    need(done.returncode == 2 and done.stdout == "", options, environment, done)
    return done.stderr


def check_refusals():
    """Wrong settings, which are told before anything else."""
    need("--otlp-endpoint" in refused("--otlp-endpoint", "localhost:4318", **WITHOUT))
    need("--otlp-all-tasks" in refused("--otlp-all-tasks", **WITHOUT))
    text = refused(**dict(WITHOUT, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
                          OTEL_EXPORTER_OTLP_HEADERS="key"))
    need("OTEL_EXPORTER_OTLP_HEADERS" in text, text)


def check_authorities(place):
    """A file of authorities that cannot be used is told at the start, instead of a collector that is away forever."""
    empty, text = os.path.join(place, "empty.pem"), os.path.join(place, "text.pem")
    for path, content in ((empty, ""), (text, "no certificate")):
        with open(path, "w", encoding="utf-8") as out:
            out.write(content)
    for path, why in ((os.path.join(place, "none.pem"), "No such file"), (place, "not a regular file"),
                      (empty, "no certificate"), (text, "no certificate")):
        for name in ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"):
            told = refused("--otlp-endpoint", "https://127.0.0.1:1", **dict(WITHOUT, **{name: path}))
            need(path in told and why in told and "OTEL_EXPORTER_OTLP_CERTIFICATE" in told, told)


def main():
    collector = Collector().start()
    os.environ.update(OTEL_EXPORTER_OTLP_HEADERS="x-api-key=se%63ret", OTEL_SERVICE_NAME="checkout",
                      OTEL_RESOURCE_ATTRIBUTES="deployment=test")
    for name in ("TRACEPARENT", "TRACESTATE"):
        os.environ.pop(name, None)
    check_refusals()
    with folder() as place:
        check_authorities(place)
        broker = OwnBroker(place)
        os.environ["FORKMILL_BROKER"] = broker.endpoint
        with broker, OwnWorker(broker), Gateway("--otlp-endpoint", collector.url) as gateway:
            wait_until_following(gateway)
            check_first(gateway, collector)
            check_unsampled(collector)
            check_attempts(collector, place)
            check_collector_away(gateway, collector)
            check_broker_away(gateway, collector, broker)
            need(gateway.stop() == 0)
            os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
            check_all_tasks(broker, collector)
    collector.stop()


main()
