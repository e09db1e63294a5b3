#!/usr/bin/env python3
"""A gateway speaks TLS with a certificate of its own, and nothing else. Arguments: forkmill, forkmill-broker."""
import os
import socket
import ssl
import subprocess
import warnings

from gateway import FORKMILL, GUARD, Gateway, folder, in_cluster, may_be_cut, need, within

SECRET = "0123456789abcdef0123"


def make_certificate(place, name):
    """Makes a key and a certificate for localhost and 127.0.0.1 that it signs itself."""
    files = f"{place}/{name}.crt", f"{place}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-out", files[0], "-keyout", files[1]], check=True, capture_output=True, timeout=GUARD)
    return files


def handshake(gateway, context):
    """The version of TLS that both sides have agreed on. Throws ssl.SSLError."""
    with gateway.connect() as peer, context.wrap_socket(peer, server_hostname="localhost") as secure:
        return secure.version()


def check_versions(gateway, trusted):
    warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 must be refused
    need(handshake(gateway, trusted) == "TLSv1.3")
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_1, None)):
        context = ssl.create_default_context(cafile=None)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            need(handshake(gateway, context) == name)
        except (ssl.SSLError, ConnectionResetError):
            need(name is None, version)
    try:
        handshake(gateway, ssl.create_default_context())
        need(False, "a certificate that no authority has signed was trusted")
    except ssl.SSLCertVerificationError:
        pass


def check_plain_text(gateway):
    """A request in the clear gets no answer."""
    with gateway.connect() as peer:
        peer.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with may_be_cut():
            peer.shutdown(socket.SHUT_WR)
            need(b"HTTP/" not in peer.recv(65536))


def check_stream(gateway, trusted):
    """Events arrive while the connection is open."""
    with gateway.connect() as peer, trusted.wrap_socket(peer, server_hostname="localhost") as secure:
        secure.sendall(b"GET /api/v1/queues?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        seen = b""
        while b"data: " not in seen:
            piece = secure.recv(65536)
            need(piece, seen)
            seen += piece
        need(seen.startswith(b"HTTP/1.1 200"), seen)


def check_tokens(place, files, trusted):
    with open(f"{place}/tokens", "w", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="utf-8") as file:
        file.write(f"anna {SECRET}\n")
    options = ("--tls-cert", files[0], "--tls-key", files[1])
    with Gateway(*options, "--listen", "0.0.0.0:0", "--token-file", f"{place}/tokens",
                 "--audit-log", f"{place}/audit") as gateway:
        gateway.trusted = trusted
        gateway.url = gateway.url._replace(netloc=f"127.0.0.1:{gateway.url.port}")
        gateway.get("/api/v1/status", 401)
        within(lambda: gateway.request("GET", "/api/v1/status", Authorization=f"Bearer {SECRET}").status == 200)
        cookie = gateway.request("POST", "/api/v1/login", f'{{"token": "{SECRET}"}}').headers["Set-Cookie"]
        need(cookie.endswith("; Secure"), cookie)
        gateway.csrf = gateway.get("/api/v1/session", Cookie=cookie.split(";")[0]).json()["csrf_token"]
        gateway.post("/api/v1/queues/none/purge", {"confirm": "none"}, Cookie=cookie.split(";")[0],
                     Origin=f"https://127.0.0.1:{gateway.url.port}")


def check_refused_options(place, files):
    def refused(status, text, *options):
        done = subprocess.run([FORKMILL, "web", *options], capture_output=True, text=True, timeout=GUARD)
        need(done.returncode == status and text in done.stderr, options, done)
    other = make_certificate(place, "other")
    refused(2, "--tls-key", "--tls-cert", files[0])
    refused(2, "--tls-cert", "--tls-key", files[1])
    refused(2, "No such file", "--tls-cert", f"{place}/none", "--tls-key", files[1])
    refused(2, "--token-file", "--tls-cert", files[0], "--tls-key", files[1], "--listen", "0.0.0.0:0")
    refused(1, "belong together", "--tls-cert", files[0], "--tls-key", other[1], "--listen", "127.0.0.1:0")
    refused(1, "must be PEM", "--tls-cert", __file__, "--tls-key", files[1], "--listen", "127.0.0.1:0")
    os.chmod(other[1], 0o644)
    refused(2, "all users may read it", "--tls-cert", other[0], "--tls-key", other[1])


def main():
    in_cluster()
    with folder() as place:
        files = make_certificate(place, "web")
        trusted = ssl.create_default_context(cafile=files[0])
        with Gateway("--tls-cert", files[0], "--tls-key", files[1], "--audit-log", f"{place}/audit") as gateway:
            need(gateway.url.scheme == "https", gateway.url)
            gateway.trusted = trusted
            within(lambda: gateway.request("GET", "/readyz").status == 200)
            need("forkmill_up 1" in gateway.get("/metrics").body.decode())
            gateway.get("/api/v1/status", 421, Host="evil.example")
            need(gateway.post("/api/v1/queues/none/purge", {"confirm": "none"}).status == 200)
            check_versions(gateway, trusted)
            check_plain_text(gateway)
            check_stream(gateway, trusted)
            need(gateway.stop() == 0)
        check_tokens(place, files, trusted)
        check_refused_options(place, files)


main()
