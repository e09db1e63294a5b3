"""A peer of the broker, written from proto/PROTOCOL.md alone: frames, envelopes, sessions, heartbeats."""
import collections
import os
import secrets
import time

import msgpack
import zmq

HELLO, WELCOME, HEARTBEAT, GOODBYE, ERROR = 1, 2, 3, 4, 5
SUBMIT, SUBMIT_ACK, RESULTS, RESULT_ACK, ATTACH, CANCEL, CANCEL_REPLY, PROGRESS, STARTED = range(16, 25)
CREDIT, GRANTS, OUTCOMES, OUTCOME_ACK, RETURN, REVOKE, REVOKED, DRAIN, SIGNALS, CHILDREN_GONE, REPORT = range(32, 43)
QUERY, REPLY, COMMAND = 48, 49, 50
OPERATE, OPERATED = 64, 65

CLIENT, WORKER = 1, 2
SUCCEEDED, FAILED, RETRY, LOST, TIMED_OUT, CANCELLED, EXPIRED, REJECTED = range(1, 9)

GUARD = 60  # seconds after which a wait has failed
INLINE = 16 * 1024  # payloads below this stand in the envelope

Welcome = collections.namedtuple("Welcome", "protocol nonce session epoch resumed heartbeat session_timeout window_tasks "
                                 "window_bytes max_payload store commit software routes granted abandon kept")
Message = collections.namedtuple("Message", "type session seq body frames")


def fnv1a(text):
    """The hash of a signature."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value or 1


def number(value):
    """A floating-point number as it is packed: an integer if it has no fraction and is not -0.0."""
    return int(value) if value == int(value) and str(value) != "-0.0" else value


def pack(value):
    """Text may have bytes that are no UTF-8, as surrogates."""
    return msgpack.packb(value, use_bin_type=True, unicode_errors="surrogateescape")


def unpack(data):
    return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="replace")


def new_id():
    """A UUID of version 7."""
    milliseconds = time.time_ns() // 1_000_000
    tail = bytearray(secrets.token_bytes(10))
    tail[0] = tail[0] & 0x0F | 0x70
    tail[2] = tail[2] & 0x3F | 0x80
    return milliseconds.to_bytes(6, "big") + bytes(tail)


def text_of(task):
    digits = task.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


class Frames:
    """The payloads of one message: large ones get frames of their own."""

    def __init__(self):
        self.frames = []

    def place(self, payload):
        if len(payload) < INLINE:
            return payload
        self.frames.append(payload)
        return len(self.frames) - 1


def payload_of(field, frames):
    return frames[field] if isinstance(field, int) else field


def encode(kind, session, seq, body, frames=()):
    return [pack([kind, session, seq, body]), *frames]


class Refused(Exception):
    """The broker has answered HELLO with ERROR."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


class Peer:
    """A session with the broker, of the given role. `worker`: the record of a worker in HELLO."""

    def __init__(self, endpoint, role=CLIENT, worker=None, name="conformance", keys=None):
        self.endpoint, self.role, self.name, self.keys = endpoint, role, name, keys
        self.worker = worker or [[], [], 0]
        self.instance = secrets.randbits(64) | 1
        self.session = self.order = 0
        self.socket = None
        self.connect()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.cut()

    def cut(self):
        """Ends the connection, without GOODBYE."""
        if self.socket:
            self.socket.close(linger=0)
        self.socket = None

    def connect(self):
        """Makes a new connection, which carries on the session before, and returns the WELCOME."""
        self.cut()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        if self.keys:
            own_public, own_secret, broker = self.keys
            self.socket.curve_publickey, self.socket.curve_secretkey = own_public, own_secret
            self.socket.curve_serverkey = broker
        self.socket.connect(self.endpoint)
        nonce = secrets.randbits(64)
        self.order += 1
        hello = [1, 1, self.role, nonce, self.session, self.name, "conformance.example", os.getpid(), "conformance 1",
                 1024, self.worker, self.instance, 0, self.order]
        self.session, before = 0, self.session
        self.seq = 0
        self.write(encode(HELLO, 0, 0, hello))
        deadline = time.monotonic() + GUARD
        while True:
            message = self.read(deadline)
            if message.type == ERROR:
                self.session = before
                raise Refused(message.body[1], message.body[2])
            if message.type == WELCOME and message.body[1] == nonce:
                break
        fields = message.body + [0, [], False][len(message.body) - 14:]  # elements that are not required may be missing
        self.welcome = Welcome._make(fields[:len(Welcome._fields)])
        self.session = self.welcome.session
        return self.welcome

    def write(self, frames):
        self.socket.send_multipart(frames)
        self.wrote_at = time.monotonic()

    def read(self, deadline):
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError("no message within time")
            beat = self.welcome.heartbeat / 1000 if self.session else left
            if self.socket.poll(1000 * min(left, beat)):
                envelope, *frames = self.socket.recv_multipart()
                kind, session, seq, body = unpack(envelope)[:4]
                return Message(kind, session, seq, body, frames)
            if self.session:
                self.send(HEARTBEAT, [])

    def send(self, kind, body, frames=()):
        """Sends a message of the session and returns its seq."""
        self.seq += 1
        self.write(encode(kind, self.session, self.seq, body, frames))
        return self.seq

    def receive(self, *kinds, seconds=GUARD):
        """Returns the next message of these types. Others are ignored, but for an ERROR about a message of this peer."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.read(deadline)
            if message.session != self.session:
                continue  # stale
            if message.type in kinds:
                return message
            if message.type == ERROR and message.body[0] and ERROR not in kinds:
                raise AssertionError(f"ERROR {message.body}")
