"""The databases of deploy/test-cluster: three PostgreSQL servers under Patroni, and a primary with a standby that is
promoted by hand. All commits wait for a synchronous standby."""
import glob
import json
import os
import shutil

from machines import Failure, eventually

DATABASE = "forkmill"
PASSWORD = "test-password"
SETTINGS = {"shared_buffers": "64MB", "max_connections": 60, "wal_level": "replica", "max_wal_senders": 8,
            "wal_keep_size": "512MB", "hot_standby": "on", "wal_log_hints": "on", "password_encryption": "scram-sha-256"}
# Patroni refuses a shorter time to live.
PATRONI_TIMES = {"ttl": 20, "loop_wait": 5, "retry_timeout": 5}


def programs():
    """The folder of the programs of the newest PostgreSQL of this machine."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not found:
        raise Failure("there is no PostgreSQL: deploy/install-deps --failover")
    return found[-1]


class Database:
    """What both kinds have in common: a password file, and questions to the servers."""

    def __init__(self, machines, folder):
        self.machines = machines
        self.bin = programs()
        self.passwords = os.path.join(folder, "pgpass")
        with open(self.passwords, "w", encoding="utf-8") as file:
            file.write(f"*:*:*:*:{PASSWORD}\n")
        os.chmod(self.passwords, 0o600)
        shutil.chown(self.passwords, "postgres")
        self.environment = {"PGPASSFILE": self.passwords, "PGCONNECT_TIMEOUT": "3", "LC_ALL": "C"}

    def url(self):
        hosts = ",".join(machine.address for machine in self.machines)
        return f"postgresql://{DATABASE}@{hosts}/{DATABASE}?target_session_attrs=primary"

    def data(self, machine):
        return os.path.join(machine.folder, "data")

    def ask(self, machine, sql, database="postgres"):
        """Returns the first line of the answer of the server on a machine; none if it does not answer."""
        return machine.ask([f"{self.bin}/psql", "-XAtq", "-h", machine.address, "-U", "postgres", "-d", database, "-c",
                            sql], self.environment)

    def primary(self):
        """The machine of the server that takes writes; none at the moment."""
        for machine in self.machines:
            if self.ask(machine, "SELECT pg_is_in_recovery()") == "f":
                return machine
        return None

    def await_standbys(self, count, seconds=90):
        """Waits until this many standbys follow the primary, and it has one that is synchronous."""
        def is_safe():
            primary = self.primary()
            return primary and self.ask(
                primary, f"SELECT count(*) >= {count} AND count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) > 0"
                " FROM pg_stat_replication WHERE state = 'streaming'") == "t"
        eventually(is_safe, seconds, f"{count} standbys follow the primary")

    def make_database(self):
        primary = self.primary()
        for sql in (f"CREATE USER {DATABASE} PASSWORD '{PASSWORD}'",
                    f"CREATE DATABASE {DATABASE} OWNER {DATABASE} ENCODING 'UTF8' TEMPLATE template0"):
            if self.ask(primary, sql) is None:
                raise Failure(f"the database is not created: {sql}")
        for machine in self.machines:
            if os.path.exists(self.data(machine)):
                eventually(lambda at=machine: self.ask(at, "SELECT 1", DATABASE), 60, f"{machine.name} has the database")

    def kill_server(self, machine):
        """kill -9 of the server's main process, whose children end with it."""
        with open(os.path.join(self.data(machine), "postmaster.pid"), encoding="ascii") as file:
            pid = file.readline().strip()
        machine.ask(["kill", "-9", pid])


class Patroni(Database):
    name = "Patroni"
    ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode())"

    def await_standbys(self, count, seconds=90):
        """Waits as well until etcd knows the synchronous standby: Patroni promotes no other one."""
        super().await_standbys(count, seconds)

        def is_known():
            primary = self.primary()
            answer = primary and primary.ask(["python3", "-c", self.ASK, f"http://{primary.address}:8008/cluster"])
            return answer and "sync_standby" in answer
        eventually(is_known, seconds, "Patroni knows its synchronous standby")

    def start(self):
        for machine in self.machines:
            self.write_settings(machine)
            self.start_machine(machine)
        eventually(self.primary, 90, "Patroni has made a primary")
        self.await_standbys(2)
        self.make_database()

    def start_machine(self, machine):
        """Starts etcd and Patroni, which starts the server."""
        peers = ",".join(f"{each.name}=http://{each.address}:2380" for each in self.machines)
        data = os.path.join(machine.folder, "etcd")
        machine.launch(["etcd", "--name", machine.name, "--data-dir", data, "--logger", "zap", "--enable-v2",
                        "--listen-peer-urls", f"http://{machine.address}:2380",
                        "--initial-advertise-peer-urls", f"http://{machine.address}:2380",
                        "--listen-client-urls", f"http://{machine.address}:2379",
                        "--advertise-client-urls", f"http://{machine.address}:2379",
                        "--initial-cluster", peers,
                        "--initial-cluster-state", "existing" if os.path.exists(data) else "new"], "etcd.log")
        machine.launch(["patroni", os.path.join(machine.folder, "patroni.yml")], "patroni.log", self.environment)

    def write_settings(self, machine):
        settings = {
            "scope": DATABASE, "name": machine.name,
            "restapi": {"listen": f"{machine.address}:8008", "connect_address": f"{machine.address}:8008"},
            # Patroni 3.0 with the protocol etcd3 takes the lock of another primary away when it is back from a cut
            # network, and commits of that are lost.
            "etcd": {"hosts": [f"{each.address}:2379" for each in self.machines]},
            "bootstrap": {
                "dcs": {**PATRONI_TIMES, "synchronous_mode": True, "synchronous_mode_strict": True,
                        "postgresql": {"use_pg_rewind": True, "parameters": SETTINGS}},
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"]},
            "postgresql": {
                "listen": f"{machine.address}:5432", "connect_address": f"{machine.address}:5432",
                "data_dir": self.data(machine), "bin_dir": self.bin, "pgpass": os.path.join(machine.folder, "pgpass"),
                "basebackup": {"checkpoint": "fast"},
                "parameters": {"unix_socket_directories": machine.folder},
                "pg_hba": ["local all all trust", "host all all samenet scram-sha-256",
                           "host replication all samenet scram-sha-256"],
                "authentication": {"superuser": {"username": "postgres", "password": PASSWORD},
                                   "replication": {"username": "replica", "password": PASSWORD}}}}
        with open(os.path.join(machine.folder, "patroni.yml"), "w", encoding="utf-8") as file:
            json.dump(settings, file)  # which is YAML as well


class Pair(Database):
    """A primary, and a standby of it. The third machine has no server until it takes the place of a lost one."""
    name = "pair"

    def start(self):
        first, second, _ = self.machines
        password = os.path.join(first.folder, "password")
        with open(password, "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        self.must(first, [f"{self.bin}/initdb", "-D", self.data(first), "-A", "scram-sha-256", "-U", "postgres",
                          f"--pwfile={password}", "-E", "UTF8", "--locale=C"])
        with open(os.path.join(self.data(first), "pg_hba.conf"), "a", encoding="utf-8") as file:
            file.write("host all all samenet scram-sha-256\nhost replication all samenet scram-sha-256\n")
        self.start_machine(first)
        eventually(self.primary, 60, "the primary starts")
        self.ask(first, f"CREATE USER replica REPLICATION PASSWORD '{PASSWORD}'")
        self.ask(first, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
        self.add_standby(second, first)
        self.ask(first, "SELECT pg_reload_conf()")
        self.await_standbys(1)
        self.make_database()

    def must(self, machine, words):
        if machine.ask(words, self.environment, 120) is None:
            raise Failure(f"{machine.name}: {' '.join(words)} has failed")

    def start_machine(self, machine):
        if not os.path.exists(self.data(machine)):
            return
        settings = {**SETTINGS, "listen_addresses": machine.address, "unix_socket_directories": machine.folder}
        words = [f"{self.bin}/postgres", "-D", self.data(machine)]
        for key, value in settings.items():
            words += ["-c", f"{key}={value}"]
        machine.launch(words, "postgres.log")

    def add_standby(self, machine, primary):
        shutil.rmtree(self.data(machine), ignore_errors=True)
        self.must(machine, [f"{self.bin}/pg_basebackup", "-h", primary.address, "-U", "replica", "-D",
                            self.data(machine), "-R", "-c", "fast"])
        self.start_machine(machine)

    def promote(self, machine):
        if self.ask(machine, "SELECT pg_promote()") != "t":
            raise Failure(f"{machine.name} is not promoted")
