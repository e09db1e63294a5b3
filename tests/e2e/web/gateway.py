"""Gateways, brokers and requests for the tests in this folder."""
import contextlib
import errno
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
from eventually import eventually  # noqa: E402
from need import need  # noqa: E402

GUARD = 60  # seconds after which a wait has failed

if len(sys.argv) != 3:
    sys.exit("arguments: forkmill forkmill-broker")
FORKMILL, BROKER = sys.argv[1:3]
os.environ.pop("FORKMILL_DATA", None)


def within(condition, *what):
    """Waits until the condition holds, and returns its value."""
    value = eventually(condition, GUARD)
    need(value, "not within time:", *what)
    return value


@contextlib.contextmanager
def may_be_cut():
    """For exchanges in which the gateway may end the connection at any time: the rest of them is left out."""
    try:
        yield
    except OSError as error:
        need(error.errno in (errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE), error)


def in_cluster(**settings):
    """Runs this test again in a cluster of its own, whose broker is in FORKMILL_BROKER. settings: of its programs."""
    if "FORKMILL_BROKER" not in os.environ:
        os.environ.update({f"FORKMILL_{name.upper()}": value for name, value in settings.items()})
        os.execv(FORKMILL, [FORKMILL, "dev", "--with-parent", "--processes", "2", "--log-level", "off", "--",
                            sys.executable, *sys.argv])


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="forkmill-e2e.")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def command(*arguments, status=0, **options):
    """Runs a command of forkmill and returns its output."""
    done = subprocess.run([FORKMILL, *arguments], capture_output=True, text=True, timeout=GUARD, **options)
    need(done.returncode == status, arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def rows(*arguments):
    return json.loads(command(*arguments, "-o", "json"))


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The code of an error, whose shape is checked."""
        error = self.json()["error"]
        need(list(error) == ["code", "message", "fix"] and error["message"], error)
        return error["code"]


class Gateway:
    """A running `forkmill web`."""

    def __init__(self, *options, broker=None):
        environment = dict(os.environ, **({"FORKMILL_BROKER": broker} if broker else {}))
        place = [] if "--listen" in options else ["--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen([FORKMILL, "web", *place, *options], env=environment, stdout=subprocess.PIPE,
                                        text=True)
        self.url = urllib.parse.urlsplit(self.process.stdout.readline().strip())
        need(self.url.scheme in ("http", "https") and self.url.port, "the gateway did not start")
        self.csrf = None
        self.trusted = None  # an ssl.SSLContext, for a gateway that speaks TLS

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GUARD)

    def connect(self):
        return socket.create_connection((self.url.hostname, self.url.port), GUARD)

    def request(self, method, path, body=None, **headers):
        place = {"host": self.url.hostname, "port": self.url.port, "timeout": GUARD}
        connection = (http.client.HTTPSConnection(**place, context=self.trusted) if self.url.scheme == "https"
                      else http.client.HTTPConnection(**place))
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, status=200, **headers):
        answer = self.request("GET", path, **headers)
        need(answer.status == status, path, answer.status, answer.body)
        return answer

    def post(self, path, body=None, status=200, **headers):
        """A change, with the CSRF token."""
        if self.csrf is None:
            self.csrf = self.get("/api/v1/session").json()["csrf_token"]
        headers = {"X_CSRF_Token": self.csrf, "Content_Type": "application/json", **headers}
        answer = self.request("POST", path, json.dumps(body or {}), **headers)
        need(answer.status == status, path, answer.status, answer.body)
        return answer


class OwnBroker:
    """A broker of the test's own, which can be stopped and started again."""

    def __init__(self, place):
        self.endpoint = f"ipc://{place}/broker.socket"
        self.data = f"{place}/data"
        self.process = None

    def start(self):
        self.process = subprocess.Popen([BROKER, "--listen", self.endpoint, "--data", self.data, "--log-level", "off"])
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.kill()
