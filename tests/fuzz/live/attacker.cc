#include "tests/fuzz/live/attacker.h"

#include "proto/wire/codec.h"

namespace forkmill::fuzz {

using namespace proto;

std::string Attacker::noise(std::size_t most) {
  std::string bytes(below(most + 1), '\0');
  for (char& c : bytes) c = static_cast<char>(random_());
  return bytes;
}

std::string& Attacker::damage(std::string& bytes) {
  for (std::uint64_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(bytes.size());
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(random_());
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(at, noise(8));
        break;
      default:
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
    }
  }
  return bytes;
}

void Attacker::attack() {
  RawPeer peer{endpoints_[below(endpoints_.size())]};
  ++connections_;
  if (!peer.connected()) return;
  switch (below(8)) {
    case 0:
      return strange_bytes(peer);
    case 1:
      return broken_handshake(peer);
    case 2:
      return broken_frames(peer);
    case 3:
    case 4:
      return senseless_messages(peer);
    default:
      return lies(peer);
  }
}

void Attacker::strange_bytes(RawPeer& peer) {
  static const std::vector<std::string> known{
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "",
      "SSH-2.0-OpenSSH_9.2\r\n",           std::string(64, '\0'),      "*1\r\n$4\r\nPING\r\n"};
  if (below(2) == 0) peer.send(known[below(known.size())]);
  peer.send(noise(600));
}

void Attacker::broken_handshake(RawPeer& peer) {
  std::string bytes = RawPeer::greeting() + RawPeer::ready();
  peer.send(damage(bytes));
  if (below(2) == 0) peer.send(noise(100));
  (void)peer.receive(64);
}

// Sends lengths that no data follows, commands that do not exist, and flags in combinations without a meaning.
void Attacker::broken_frames(RawPeer& peer) {
  if (!peer.shake_hands()) return;
  switch (below(4)) {
    case 0: {
      std::string head(1, static_cast<char>(below(256)));
      peer.send(head + noise(9));
      break;
    }
    case 1:
      peer.send(std::string{"\x02\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9});
      peer.send(noise(2000));
      break;
    case 2:
      peer.send(RawPeer::frame(4, noise(100)));
      break;
    default:
      peer.send(RawPeer::frame(1, noise(100)));  // the flag promises another frame, which never comes
  }
}

void Attacker::senseless_messages(RawPeer& peer) {
  if (!peer.shake_hands()) return;
  for (std::uint64_t count = 1 + below(20); count > 0; --count) {
    std::vector<std::string> frames(1 + below(3));
    for (std::string& frame : frames) frame = noise(300);
    if (below(2) == 0) frames[0] = encode({{SessionId{random_()}, MessageSeq{1}}, any_message()}).envelope;
    if (below(2) == 0) damage(frames[0]);
    if (!peer.say(frames)) return;
    ++messages_;
  }
}

Message Attacker::any_message() {
  const std::string bytes = noise(400);
  Feed feed{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  return make_message(feed, palette_);
}

void Attacker::say(RawPeer& peer, const Envelope& envelope, bool damaged) {
  const Encoded sent = encode(envelope);
  std::vector<std::string> frames{sent.envelope};
  for (const Payload& payload : sent.frames) frames.emplace_back(payload.view());
  if (damaged) damage(frames[below(frames.size())]);
  if (peer.say(frames)) ++messages_;
}

// Opens a session, then sends any messages, with the true number of the session and true message numbers.
void Attacker::lies(RawPeer& peer) {
  if (!peer.shake_hands()) return;
  Hello hello;
  hello.name = "liar";
  hello.instance = 1 + below(4);
  if (below(2) == 0) {
    hello.role = Role::worker;
    hello.worker.queues = {"liars"};
    hello.worker.tasks = {{"t.echo", "str(str)"}};
    hello.worker.children = 1;
  }
  say(peer, {{}, hello}, below(8) == 0);
  SessionId session;
  for (int i = 0; i < 2 && !session; ++i) {
    const auto heard = peer.hear();
    if (!heard) return;
    const auto read = decode(heard->front());
    if (!read.ok()) return;
    if (const auto* welcome = std::get_if<Welcome>(&read->message)) session = welcome->session;
  }
  MessageSeq seq;
  for (std::uint64_t count = below(30); count > 0; --count) {
    Message message = any_message();
    // The attacker must not take tasks of other peers, which would then wait for them.
    if (auto* credit = std::get_if<Credit>(&message)) credit->total %= 8;
    if (auto* submit = std::get_if<Submit>(&message))
      for (Submission& task : submit->tasks) task.edit().queue = "liars";
    if (std::holds_alternative<Hello>(message)) continue;
    if (const auto* command = std::get_if<Command>(&message);
        command != nullptr && std::holds_alternative<WriteBackup>(command->command))
      continue;
    seq = seq.next();
    say(peer, {{session, seq}, std::move(message)}, below(8) == 0);
  }
}

}  // namespace forkmill::fuzz
