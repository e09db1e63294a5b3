#include "tests/sim/objects/object_history.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <limits>

#include "broker/core/objects/base/names.h"
#include "tests/sim/objects/object_rules.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

// An operation that ends without success because its wait is over must have waited that long.
void check_wait(const ObjectHistory& history, const ObjectCall& call, Instant now) {
  const Errc code = call.answer.code;
  const bool waited =
      code == Errc::timeout || code == Errc::object_empty || code == Errc::object_full ||
      (code == Errc::ok && call.is(Verb::poll) && call.answer.a == 0) ||
      (code == Errc::ok && call.is(Verb::wait) && call.answer.a == 0 &&
       (history.shared(call.shared).role == Role::event || history.shared(call.shared).role == Role::condition));
  // A put to a durable queue that is half done and waits ends when the broker restarts.
  if (code == Errc::object_full && call.answer.a > 0 && history.durable(call.shared)) return;
  if (!waited || call.given_up || now - call.since >= Instant{call.op.wait}) return;
  throw Violation{"object rule 2: ended before its wait was over: " + describe(history.shared(call.shared), call)};
}

}  // namespace

std::string describe(const Shared& shared, const ObjectCall& call) {
  return shared.spec.name + " " + std::string{broker::verb_name(call.op.verb)} + " #" + std::to_string(call.cookie) +
         " of client " + std::to_string(call.client) + " on " + std::to_string(call.op.object) + " (" +
         std::to_string(call.op.a) + ", " + std::to_string(call.op.b) + ")";
}

std::vector<std::int64_t> tokens_named(const proto::Operation& release) {
  if (release.a > 0) return {release.a};
  if (release.a == 0 || release.values.empty()) return {};
  try {
    return unpack_value<std::vector<std::int64_t>>(release.values[0].view());
  } catch (const DecodeError&) {
    return {};  // the broker refuses this release
  }
}

Cookie ObjectHistory::invoke(std::uint64_t client, std::size_t shared, const proto::Operation& op) {
  ObjectCall call;
  call.cookie = all_.size() + 1;
  call.client = client;
  call.shared = shared;
  call.op = op;
  call.since = world_.now();
  call.began = ++clock_;
  call.losses_before = losses_[client];
  all_.push_back(std::move(call));
  ++open_;
  if (op.verb == Verb::release && op.a <= 0) {
    const auto more = std::max<std::int64_t>(0, std::max<std::int64_t>(1, op.b) - std::ssize(tokens_named(op)));
    auto& sum = surplus_[op.object];
    sum += std::min(more, std::numeric_limits<std::int64_t>::max() - sum);
  }
  if (op.verb == Verb::get && op.b != 0) lent_.insert(op.object);
  return all_.size();
}

std::int64_t ObjectHistory::certain_surplus(std::uint64_t object) const {
  const auto found = certain_surplus_.find(object);
  return found == certain_surplus_.end() ? 0 : found->second;
}

std::int64_t ObjectHistory::surplus(std::uint64_t object) const {
  const auto found = surplus_.find(object);
  return found == surplus_.end() ? 0 : found->second;
}

void ObjectHistory::answered(Cookie cookie, const proto::OperationAnswer& answer) {
  ObjectCall& call = at(cookie);
  if (call.fate != Fate::open) throw Violation{"object rule 1: answered twice: " + describe(shared(call.shared), call)};
  --open_;
  call.ended = ++clock_;
  call.losses_after = losses_[call.client];
  call.answer = answer;
  const bool lost = answer.code == Errc::disconnected || answer.code == Errc::object_unknown;
  call.fate = answer.code == Errc::ok ? Fate::ok : lost ? Fate::unknown : Fate::refused;
  check_wait(*this, call, world_.now());
  // A release without names takes units that the releasing client holds first.
  if (call.ok() && call.is(Verb::release) && call.op.a < 0)
    certain_surplus_[call.op.object] += std::max<std::int64_t>(1, call.op.b) - std::ssize(tokens_named(call.op));
}

void ObjectHistory::unknown(Cookie cookie) {
  at(cookie).fate = Fate::unknown;
  --open_;
}

void ObjectHistory::check() const { check_objects(*this); }

}  // namespace forkmill::sim
