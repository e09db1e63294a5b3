#!/usr/bin/env python3
"""A gateway that is connected to its broker with a key can do what the key may, and no more. Arguments: forkmill,
forkmill-broker."""
import contextlib
import os
import subprocess

from gateway import BROKER, GUARD, Gateway, command, folder, need, within


def make_keys(place, **lines):
    """Makes a key for the broker and for each principal, whose roles and rights are given."""
    with open(f"{place}/authorized", "w", encoding="utf-8") as file:
        for name, (roles, rights) in lines.items():
            public = command("keygen", f"{place}/{name}.key").strip()
            if roles:
                file.write(f"{name} {roles} {public} {rights}\n")
    os.chmod(f"{place}/authorized", 0o644)
    command("keygen", f"{place}/broker.key")


@contextlib.contextmanager
def keyed_broker(place):
    process = subprocess.Popen([BROKER, "--memory", "--listen", "tcp://127.0.0.1:*", "--announce", f"{place}/endpoint",
                                "--server-key", f"{place}/broker.key", "--authorized-keys", f"{place}/authorized",
                                "--log-level", "off"])
    try:
        within(lambda: os.path.exists(f"{place}/endpoint"))
        with open(f"{place}/endpoint", encoding="utf-8") as file:
            yield file.read().strip()
    finally:
        process.terminate()
        process.wait(GUARD)


@contextlib.contextmanager
def key_of(place, name):
    """Everything that is started meanwhile connects with the key of that principal."""
    os.environ["FORKMILL_SERVER_PUBLIC_KEY"] = f"{place}/broker.key.pub"
    os.environ["FORKMILL_KEY"] = f"{place}/{name}.key"
    yield
    del os.environ["FORKMILL_SERVER_PUBLIC_KEY"], os.environ["FORKMILL_KEY"]


def is_ready(gateway):
    return gateway.request("GET", "/readyz").status == 200


def main():
    with folder() as place:
        make_keys(place, alice=("client", "submit=mail"), boss=("client,admin", ""), eve=("client", ""), stranger=("", ""))
        with keyed_broker(place) as endpoint:
            os.environ["FORKMILL_BROKER"] = endpoint
            with key_of(place, "alice"):
                task = command("submit", "--detach", "--queue", "mail", "none.such").strip()
            for name, status in (("boss", 200), ("alice", 200), ("eve", 404)):
                with key_of(place, name), Gateway(broker=endpoint) as gateway:
                    within(lambda: is_ready(gateway), name)
                    need(gateway.get("/api/v1/status").json()["tasks"]["ready"] == 1, name)
                    need(gateway.request("GET", f"/api/v1/tasks/{task}").status == status, name)
                    shown = task in gateway.get("/api/v1/tasks").body.decode()
                    need(shown == (status == 200), name)
            with key_of(place, "stranger"), Gateway(broker=endpoint) as gateway:
                gateway.get("/api/v1/status", 503)
                need(not is_ready(gateway))
    print("ok")


if __name__ == "__main__":
    main()
