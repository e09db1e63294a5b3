#!/usr/bin/env python3
"""A gateway outlives its broker, says that it is away, and is not blocked by one that hangs. Arguments: forkmill,
forkmill-broker."""
import os
import signal
import threading

from gateway import Gateway, OwnBroker, folder, need, within


def is_ready(gateway):
    return gateway.request("GET", "/readyz").status == 200


def check_away(gateway):
    need(gateway.get("/healthz").json() == {"status": "ok"})
    need(gateway.get("/readyz", 503).json() == {"status": "broker_unreachable"})
    answer = gateway.get("/api/v1/status", 503)
    need(answer.error() == "broker_unreachable" and answer.headers["Retry-After"] == "1")
    need(gateway.post("/api/v1/queues/mail/purge", {"confirm": "mail"}, 503).error() == "broker_unreachable")
    metrics = gateway.get("/metrics").body.decode()
    need("\nforkmill_up 0\n" in metrics and "forkmill_tasks" not in metrics, metrics)


def check_hanging(gateway, broker):
    """More requests than the gateway has threads wait for the broker; checks of health do not."""
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(gateway.request("GET", "/api/v1/queues").status))
                   for _ in range(100)]
        for thread in threads:
            thread.start()
        need(gateway.get("/healthz").json() == {"status": "ok"})
        for thread in threads:
            thread.join()
        need(statuses == [503] * 100, statuses)
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    within(lambda: gateway.request("GET", "/api/v1/queues").status == 200)


def main():
    with folder() as place:
        broker = OwnBroker(place)
        options = ("--connect-timeout", "1s", "--audit-log", f"{place}/audit")
        with Gateway(*options, broker=broker.endpoint) as gateway:
            check_away(gateway)
            with broker:
                within(lambda: is_ready(gateway))
                need(gateway.get("/api/v1/status").json()["tasks"]["ready"] == 0)
                check_hanging(gateway, broker)
            within(lambda: not is_ready(gateway))
            check_away(gateway)
            with broker:
                within(lambda: is_ready(gateway))
                within(lambda: gateway.request("GET", "/api/v1/status").status == 200)
            need(gateway.stop() == 0)


main()
