"""A worker of one child, which is this program itself, written from proto/PROTOCOL.md alone."""
import collections
import time

import peer
from peer import pack, unpack

Grant = collections.namedtuple("Grant", "grant id queue name signature soft_timeout timeout arguments")

RETURNED, STOPPING, UNKNOWN = 1, 2, 3


class Retry(Exception):
    """Wants another attempt after so many milliseconds."""

    def __init__(self, milliseconds):
        super().__init__()
        self.milliseconds = milliseconds


class Worker(peer.Peer):
    """`handlers`: functions by (name, signature)."""

    def __init__(self, endpoint, handlers, queues=("default",), **options):
        self.handlers = {name: function for (name, _), function in handlers.items()}
        self.granted = 0
        tasks = [[name, signature] for name, signature in handlers]
        super().__init__(endpoint, peer.WORKER, [list(queues), tasks, 1], **options)

    def connect(self):
        welcome = super().connect()
        self.granted = welcome.granted
        self.send(peer.CREDIT, [self.granted + 1])
        return welcome

    def grants(self):
        """The tasks of the next GRANTS."""
        message = self.receive(peer.GRANTS)
        found = []
        for record in message.body[0]:
            payload = peer.payload_of(record[7], message.frames)
            found.append(Grant(*record[:7], unpack(payload)))
        self.granted += len(found)
        return found

    def finish(self, grant, kind, value=None, error=None, retry_delay=-1, acknowledged=True):
        frames = peer.Frames()
        payload = frames.place(pack(value)) if kind == peer.SUCCEEDED else b""
        outcome = [kind, grant.grant[2], self.name, payload, error]
        body = [[[grant.grant, outcome, retry_delay, 1]], self.granted + 1]
        seq = self.send(peer.OUTCOMES, body, frames.frames)
        while acknowledged and seq not in self.receive(peer.OUTCOME_ACK).body[0]:
            pass

    def serve(self, count):
        """Runs so many attempts."""
        while count > 0:
            for grant in self.grants():
                self.run(grant)
                count -= 1

    def run(self, grant):
        try:
            value = self.handlers[grant.name](*grant.arguments)
        except Retry as retry:
            self.finish(grant, peer.RETRY, error=self.report(50, retry), retry_delay=retry.milliseconds)
        except Exception as error:
            self.finish(grant, peer.FAILED, error=self.report(50, error))
        else:
            self.finish(grant, peer.SUCCEEDED, value)

    @staticmethod
    def report(code, error):
        """The record `error` of an outcome."""
        return [code, type(error).__name__, str(error), "", "", [-1, 0, 0, 0, 0, ""]]

    def revoked(self):
        """The grants of the next REVOKE."""
        return self.receive(peer.REVOKE).body[0]

    def answer_revoke(self, grant, state):
        self.send(peer.REVOKED, [[[grant, state]], self.granted + 1])

    def tell_processes(self, grant, started_at):
        """Sends REPORT: this process is a child that runs the grant."""
        self.send(peer.REPORT, [[[1, 0, 3, "R", 0, 0, time.time_ns() // 1_000_000, grant.grant, self.name, started_at]]])
