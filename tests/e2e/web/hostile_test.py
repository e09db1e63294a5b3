#!/usr/bin/env python3
"""A gateway withstands hostile requests, and refuses those of strangers. Arguments: forkmill, forkmill-broker."""
import os
import socket
import subprocess
import threading

from gateway import FORKMILL, GUARD, Gateway, folder, in_cluster, may_be_cut, need, within

SECRET = "0123456789abcdef0123"


def exchange(gateway, data, ends=False):
    """Sends bytes, with `ends` no more than these, and returns what comes back until the gateway closes the connection.
    Empty: nothing came."""
    with gateway.connect() as peer, may_be_cut():
        peer.sendall(data)
        if ends:
            peer.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
        return answer
    return b""


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def get(target, *headers):
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers, b"", b""])


def check_paths(gateway):
    for target in (b"/../etc/passwd", b"/api/v1/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"//etc/passwd",
                   b"/api/v1/tasks/%00", b"/api/v1/tasks/%0d%0aX-Forged:%201", b"/api/v1/tasks?state=%", b"*",
                   b"http://evil.example/api/v1/status", b"/" + b"a/" * 40, b"/?" + b"a&" * 40):
        need(status_of(exchange(gateway, get(target))) in (400, 404), target)
    need(status_of(exchange(gateway, get(b"/" + b"a" * 8000))) in (400, 414))


def check_heads(gateway):
    need(status_of(exchange(gateway, get(b"/api/v1/status"))) == 200)
    need(status_of(exchange(gateway, get(b"/api/v1/status", b"X-Large: " + b"a" * 100_000))) in (0, 413, 431))
    need(status_of(exchange(gateway, get(b"/api/v1/status", *[b"X-%d: 1" % i for i in range(20_000)]))) in (0, 413, 431))
    need(status_of(exchange(gateway, get(b"/api/v1/status", b"Origin: a", b"Origin: b"))) == 400)
    need(status_of(exchange(gateway, get(b"/api/v1/status", b"Host: localhost"))) == 400)
    need(status_of(exchange(gateway, b"GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")) in (400, 421))
    for junk in (b"\0" * 1000, b"\xff\xfe\xfd\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 100, os.urandom(4096)):
        need(status_of(exchange(gateway, junk, ends=True)) in (0, 400, 405, 421, 501, 505), junk)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        need(gateway.request(method, "/api/v1/status").status == 405, method)


def check_bodies(gateway):
    head = b"POST /api/v1/tasks/cancel HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    head += b"X-CSRF-Token: " + gateway.csrf.encode() + b"\r\n"
    need(status_of(exchange(gateway, head + b"Content-Length: 999999999999\r\n\r\n{")) in (0, 413))
    need(status_of(exchange(gateway, head + b"Content-Length: 99999999999999999999999\r\n\r\n{")) in (0, 400, 413))
    need(status_of(exchange(gateway, head + b"Content-Length: -1\r\n\r\n{")) in (0, 400, 413))
    chunks = (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 3 + b"0\r\n\r\n"
    need(status_of(exchange(gateway, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)) == 413)
    for body in (b"{", b"[1]", b"\xff", b'{"filter":' + b"[" * 10_000 + b"]" * 10_000 + b"}"):
        answer = exchange(gateway, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        need(status_of(answer) == 400, body[:20], answer)


def check_strangers(gateway):
    need(gateway.get("/api/v1/status", 421, Host="evil.example").error() == "wrong_host")
    for site in ("cross-site", "same-site"):
        need(gateway.get("/api/v1/status", 403, Sec_Fetch_Site=site).error() == "cross_site")
    path = "/api/v1/queues/none/purge"
    need(gateway.post(path, {"confirm": "none"}).status == 200)
    for headers in ({"X_CSRF_Token": "0" * 32}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Sec_Fetch_Site": "cross-site"}):
        gateway.post(path, {"confirm": "none"}, 403, **headers)
    gateway.post(path, {"confirm": "none"}, 415, Content_Type="text/plain")
    headers = gateway.get("/api/v1/status").headers
    need(headers["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in headers["Content-Security-Policy"])
    need("Access-Control-Allow-Origin" not in headers)


def check_other_users(gateway):
    """Without tokens, another user of this machine gets metrics only. Needs root, to be another user."""
    if os.geteuid() != 0:
        return
    ask = ("import http.client, sys\n"
           "for path in sys.argv[3:]:\n"
           "    connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))\n"
           "    connection.request('GET', path)\n"
           "    print(connection.getresponse().status)\n")
    paths = ["/api/v1/status", "/api/v1/session", "/api/v1/tasks?watch=1", "/metrics", "/healthz"]
    words = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/python3", "-c", ask]
    done = subprocess.run([*words, gateway.url.hostname, str(gateway.url.port), *paths], cwd="/", capture_output=True,
                          text=True, timeout=GUARD)
    need(done.stdout.split() == ["403", "403", "403", "200", "200"], done)


def check_many_connections(gateway):
    """Connections that say nothing keep the others waiting only until they are closed."""
    silent = [gateway.connect() for _ in range(300)]
    for peer in silent:
        peer.close()
    gateway.get("/healthz")


def check_many_streams(gateway):
    """Streams beyond the limit are refused, and others make room when their peers have gone."""
    path = b"/api/v1/status?watch=1"
    peers = []
    for _ in range(70):
        peer = gateway.connect()
        peer.sendall(get(path))
        peers.append(peer)
    statuses = sorted(status_of(peer.recv(65536)) for peer in peers)
    need(statuses == [200] * 64 + [503] * 6, statuses)
    need(gateway.get("/healthz").status == 200)
    for peer in peers:
        peer.close()
    within(lambda: opens(gateway, path))


def opens(gateway, path):
    with gateway.connect() as peer:
        peer.sendall(get(path))
        return status_of(peer.recv(65536)) == 200


def check_tokens(place):
    with open(f"{place}/tokens", "w", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="utf-8") as file:
        file.write(f"anna {SECRET}\n")
    with Gateway("--token-file", f"{place}/tokens", "--read-only") as gateway:
        need(gateway.get("/healthz").status == 200)
        for path in ("/api/v1/status", "/metrics", "/nothing"):
            answer = gateway.get(path, 401)
            need(answer.error() == "unauthorized" and answer.headers["WWW-Authenticate"].startswith("Bearer"))
            gateway.get(path, 401, Authorization=f"Bearer {SECRET}0")
        bearer = {"Authorization": f"Bearer {SECRET}"}
        within(lambda: gateway.request("GET", "/api/v1/status", **bearer).status == 200)
        cookie = gateway.request("POST", "/api/v1/login", f'{{"token": "{SECRET}"}}').headers["Set-Cookie"]
        need(cookie.startswith(f"forkmill_token={SECRET}; HttpOnly; SameSite=Strict"), cookie)
        gateway.get("/api/v1/status", Cookie=cookie.split(";")[0])
        need(gateway.request("POST", "/api/v1/login", '{"token": "0"}').status == 401)
        gateway.get("/queues")
        gateway.csrf = ""
        need(gateway.post("/api/v1/queues/none/purge", {"confirm": "none"}, 403, **bearer).error() == "read_only")


def check_refused_options(place):
    def refused(*options):
        done = subprocess.run([FORKMILL, "web", *options], capture_output=True, text=True, timeout=GUARD)
        need(done.returncode == 2 and done.stderr.startswith("forkmill: "), options, done)
    refused("--listen", "0.0.0.0:0")
    refused("--listen", "[::]:0")
    refused("--listen", "7118")
    refused("--token-file", f"{place}/none")
    refused("--broker", "http://127.0.0.1")
    with open(f"{place}/open", "w", encoding="utf-8") as file:
        file.write(f"{SECRET}\n")
    os.chmod(f"{place}/open", 0o644)
    refused("--token-file", f"{place}/open")
    with Gateway() as gateway:
        done = subprocess.run([FORKMILL, "web", "--listen", gateway.url.netloc], capture_output=True, text=True,
                              timeout=GUARD)
        need(done.returncode == 1 and "cannot listen on" in done.stderr, done)


def drip(gateway, closed):
    """Sends a request byte by byte until the gateway closes the connection."""
    with gateway.connect() as peer:
        peer.settimeout(0.1)
        try:
            for byte in b"GET /healthz HTTP/1.1\r\nX-Slow: " + b"a" * 10_000:
                peer.sendall(bytes([byte]))
                try:
                    if peer.recv(1) == b"":
                        break
                except TimeoutError:
                    pass
        except (ConnectionResetError, BrokenPipeError):
            pass
    closed.set()


def main():
    in_cluster()
    with folder() as place, Gateway("--audit-log", f"{place}/audit") as gateway:
        within(lambda: gateway.request("GET", "/readyz").status == 200)
        closed = threading.Event()
        threading.Thread(target=drip, args=(gateway, closed), daemon=True).start()
        gateway.csrf = gateway.get("/api/v1/session").json()["csrf_token"]
        check_paths(gateway)
        check_heads(gateway)
        check_bodies(gateway)
        check_strangers(gateway)
        check_other_users(gateway)
        check_many_connections(gateway)
        check_many_streams(gateway)
        check_tokens(place)
        check_refused_options(place)
        need(closed.wait(GUARD), "a request that is sent byte by byte keeps its connection")
        need(gateway.get("/healthz").status == 200)
        idle = gateway.connect()
        need(gateway.stop() == 0)
        idle.close()


main()
