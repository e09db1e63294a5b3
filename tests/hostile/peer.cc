#include "tests/hostile/peer.h"

#include <poll.h>
#include <unistd.h>

#include <utility>
#include <variant>

namespace forkmill::hostile {

using proto::Dealer;
using std::chrono::milliseconds;

bool Peer::greet(milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    while (const auto event = dealer_.link_event())
      if (*event == Dealer::LinkEvent::up && !hello()) return false;
    while (const auto message = dealer_.receive()) {
      if (!message->ok()) continue;
      if (const auto* welcome = std::get_if<proto::Welcome>(&message->value().message)) {
        welcome_ = *welcome;
        return true;
      }
    }
    wait(milliseconds{100});
  }
  return false;
}

bool Peer::hello() {
  proto::Hello hello = as_;
  hello.name = "hostile";
  hello.instance = env_.random();
  hello.nonce = env_.random();
  hello.pid = static_cast<std::uint32_t>(::getpid());
  return dealer_.send({{}, std::move(hello)});
}

bool Peer::send(proto::Message message) {
  const proto::MessageSeq next = seq_.next();
  if (!dealer_.send({{welcome_.session, next}, std::move(message)})) return false;
  seq_ = next;
  return true;
}

bool Peer::is_up() {
  bool is_up = true;
  while (const auto event = dealer_.link_event()) is_up = is_up && *event == Dealer::LinkEvent::up;
  return is_up;
}

bool Peer::read(const std::function<void(const proto::Message&)>& hear) {
  bool goes_on = is_up();
  proto::ResultAck taken;
  while (const auto received = dealer_.receive()) {
    if (!received->ok()) continue;
    const proto::Envelope& envelope = received->value();
    if (std::holds_alternative<proto::Results>(envelope.message)) taken.messages.push_back(envelope.header.seq);
    if (const auto* error = std::get_if<proto::ErrorMessage>(&envelope.message))
      goes_on = goes_on && error->code != Errc::session_unknown;
    if (std::holds_alternative<proto::Goodbye>(envelope.message)) goes_on = false;
    if (hear) hear(envelope.message);
  }
  if (!taken.messages.empty()) send(std::move(taken));
  return goes_on;
}

void Peer::wait(milliseconds at_most) {
  if (dealer_.pending()) return;
  pollfd entry{dealer_.fd(), POLLIN, 0};
  ::poll(&entry, 1, static_cast<int>(at_most.count()));
}

}  // namespace forkmill::hostile
