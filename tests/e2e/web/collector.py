"""A collector of OpenTelemetry: takes OTLP/HTTP with JSON, checks its shape, and keeps the spans."""
import http.server
import json
import re
import threading

from gateway import GUARD, need

KINDS = {1, 2, 3, 4, 5}
STATUSES = {0, 1, 2}
SPAN_KEYS = {"traceId", "spanId", "parentSpanId", "traceState", "flags", "name", "kind", "startTimeUnixNano",
             "endTimeUnixNano", "attributes", "events", "status"}


def check_attributes(attributes):
    """Each is a key with one value, whose 64-bit numbers are strings. Returns them by name."""
    found = {}
    for one in attributes:
        need(set(one) == {"key", "value"} and one["key"] and one["key"] not in found, one)
        need(len(one["value"]) == 1, one)
        (kind, value), = one["value"].items()
        need(kind in ("stringValue", "intValue") and isinstance(value, str), one)
        found[one["key"]] = int(value) if kind == "intValue" else value
    return found


def check_time(text):
    need(isinstance(text, str) and re.fullmatch(r"\d{19}", text), text)  # nanoseconds since 1970, of this century
    return int(text)


def check_span(span):
    need(set(span) <= SPAN_KEYS, span)
    need(re.fullmatch("[0-9a-f]{32}", span["traceId"]) and int(span["traceId"], 16), span)
    for key in ("spanId", "parentSpanId"):
        need(key not in span and key == "parentSpanId" or
             re.fullmatch("[0-9a-f]{16}", span[key]) and int(span[key], 16), span)
    need(isinstance(span["name"], str) and span["name"], span)
    need(span["kind"] in KINDS and isinstance(span["kind"], int), span)
    need(isinstance(span["flags"], int) and span["flags"] & 1, span)
    start, end = check_time(span["startTimeUnixNano"]), check_time(span["endTimeUnixNano"])
    need(start <= end, span)
    need(set(span["status"]) <= {"code", "message"} and span["status"].get("code", 0) in STATUSES, span)
    for event in span.get("events", []):
        need(set(event) == {"timeUnixNano", "name", "attributes"} and event["name"], event)
        need(start <= check_time(event["timeUnixNano"]) <= end, event, span)
        check_attributes(event["attributes"])
    return dict(span, attributes=check_attributes(span["attributes"]))


def check_request(body):
    """Returns the attributes of the resource, and the spans."""
    need(list(body) == ["resourceSpans"] and len(body["resourceSpans"]) == 1, body)
    part, = body["resourceSpans"]
    need(set(part) == {"resource", "scopeSpans"} and set(part["resource"]) == {"attributes"}, part)
    scope, = part["scopeSpans"]
    need(set(scope) == {"scope", "spans"} and scope["scope"]["name"] == "forkmill" and scope["spans"], scope)
    return check_attributes(part["resource"]["attributes"]), [check_span(span) for span in scope["spans"]]


class Collector:
    """Listens on a port of its own, which stays the same over stop() and start(). Requests are answered with the
    statuses in `statuses`, each once, and then with 200."""

    def __init__(self):
        self.changed = threading.Condition()
        self.statuses = []
        self.answered = []  # statuses
        self.headers = []
        self.resources = []
        self.spans = {}  # by (trace, span): a span that comes twice is one
        self.failure = None
        self.port = 0
        self.server = None

    def start(self):
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = collector.take(self.path, self.headers, body)
                self.send_response(status)
                if status == 503:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                self.close_connection = collector.server is None

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *arguments):
                pass  # a gateway was killed

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        server, self.server = self.server, None
        server.shutdown()
        server.server_close()

    def take(self, path, headers, body):
        with self.changed:
            status = self.statuses.pop(0) if self.statuses else 200
            if self.server is None:
                status = 503  # the connection was open before stop()
            self.answered.append(status)
            try:
                need(path == "/v1/traces", path)
                need(headers["Content-Type"] == "application/json", headers)
                resource, spans = check_request(json.loads(body))
                if status == 200:
                    self.headers.append(headers)
                    self.resources.append(resource)
                    self.spans.update({(span["traceId"], span["spanId"]): span for span in spans})
            except (AssertionError, KeyError, TypeError, ValueError) as failure:
                self.failure = failure
            self.changed.notify_all()
            return status

    def wait_for(self, condition, *what):
        """Waits until the condition of the spans holds, and returns its value."""
        with self.changed:
            value = self.changed.wait_for(lambda: self.failure or condition(list(self.spans.values())), GUARD)
            if self.failure:
                raise self.failure
            need(value, "not within time", what, self.answered)
            return value

    def trace(self, trace_id, names):
        """Waits for spans of these names in the trace, and returns them by name."""
        def found(spans):
            of_trace = [span for span in spans if span["traceId"] == trace_id]
            return of_trace if sorted(span["name"] for span in of_trace) == sorted(names) else None
        return self.wait_for(found, trace_id, names)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"
