"""A client, written from proto/PROTOCOL.md alone."""
import collections

import xxhash

import peer
from peer import fnv1a, new_id, pack, unpack

Result = collections.namedtuple("Result", "id kind attempt worker value error body")


def id_of_key(queue, key):
    """The id of a submission under a key."""
    data = bytearray(xxhash.xxh3_128_digest(queue.encode() + b"\0" + key.encode()))
    data[6] = data[6] & 0x0F | 0x80
    data[8] = data[8] & 0x3F | 0x80
    return bytes(data)


class Client(peer.Peer):
    def submit(self, name, signature, arguments, queue="default", task=None, options=None):
        """Submits a task and returns its id once it is accepted; raises Refused if it is rejected."""
        task = task or new_id()
        frames = peer.Frames()
        record = [task, queue, name, fnv1a(signature) if signature else 0, options or {}, frames.place(pack(arguments))]
        seq = self.send(peer.SUBMIT, [[record]], frames.frames)
        while True:
            messages, _, rejected = self.receive(peer.SUBMIT_ACK).body[:3]
            for one, code, text in rejected:
                if one == task:
                    raise peer.Refused(code, text)
            if seq in messages:
                return task

    def submit_under_key(self, key, name, signature, arguments, queue="default"):
        return self.submit(name, signature, arguments, queue, id_of_key(queue, key), {12: key})

    def results(self, acknowledge=True):
        """The results of the next RESULTS."""
        message = self.receive(peer.RESULTS)
        if acknowledge:
            self.send(peer.RESULT_ACK, [[message.seq]])
        found = []
        for task, (kind, attempt, worker, value, error, *_), *rest in message.body[0]:
            value = peer.payload_of(value, message.frames)
            found.append(Result(task, kind, attempt, worker, unpack(value) if value else None, error,
                                rest[0] if rest else None))
        return found

    def result(self, task):
        """The result of one task; others that come meanwhile are dropped."""
        while True:
            for one in self.results():
                if one.id == task:
                    return one

    def call(self, name, signature, *arguments, **options):
        return self.result(self.submit(name, signature, arguments, **options))

    def attach(self, task):
        self.send(peer.ATTACH, [[task]])

    def cancel(self, task):
        """Returns the state in the answer."""
        self.send(peer.CANCEL, [[task]])
        while True:
            for one, state in self.receive(peer.CANCEL_REPLY).body[0]:
                if one == task:
                    return state

    def ask(self, kind, argument="", task_filter=None):
        """Returns the body of the reply; raises Refused."""
        return self.reply_to(peer.QUERY, [kind, argument, task_filter or ["", "", "", "", "", 0, 0, 0, 0]])

    def command(self, kind, *arguments):
        return self.reply_to(peer.COMMAND, [kind, list(arguments)])

    def reply_to(self, message, body):
        self.asked = getattr(self, "asked", 0) + 1
        self.send(message, [self.asked, *body])
        while True:
            reply = self.receive(peer.REPLY)
            number, code, text, payload = reply.body[:4]
            if number == self.asked and code:
                raise peer.Refused(code, text)
            if number == self.asked:
                return unpack(peer.payload_of(payload, reply.frames))

    def operate(self, verb, obj=0, a=0, b=0, values=(), spec=None, wait=-1, who=0):
        """Does one operation on a named object; returns a, b and the values of the answer, or raises Refused."""
        self.operations = getattr(self, "operations", 0) + 1
        frames = peer.Frames()
        places = [frames.place(pack(value)) for value in values]
        operation = [self.operations, verb, obj, who, wait, a, b, places, spec, []]
        self.send(peer.OPERATE, [self.operations, [operation], []], frames.frames)
        while True:
            message = self.receive(peer.OPERATED)
            for number, code, text, a, b, values, *_ in message.body[0]:
                if number == self.operations and code:
                    raise peer.Refused(code, text)
                if number == self.operations:
                    return a, b, [unpack(peer.payload_of(value, message.frames)) for value in values]
