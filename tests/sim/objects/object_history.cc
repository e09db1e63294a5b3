#include "tests/sim/objects/object_history.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <limits>

#include "broker/core/objects/kinds/object.h"
#include "tests/sim/objects/object_rules.h"

namespace forkmill::sim {

using proto::Verb;

std::string describe(const Shared& shared, const Asked& one) {
  return shared.spec.name + " " + std::string{broker::verb_name(one.op.verb)} + " #" + std::to_string(one.cookie) +
         " of client " + std::to_string(one.client) + " on " + std::to_string(one.op.object) + " (" +
         std::to_string(one.op.a) + ", " + std::to_string(one.op.b) + ")";
}

std::vector<std::int64_t> tokens_named(const proto::Operation& release) {
  if (release.a > 0) return {release.a};
  if (release.a == 0 || release.values.empty()) return {};
  try {
    return unpack_value<std::vector<std::int64_t>>(release.values[0].view());
  } catch (const DecodeError&) {
    return {};  // the broker refuses it
  }
}

Cookie ObjectHistory::invoke(std::uint64_t client, std::size_t shared, const proto::Operation& op) {
  Asked one;
  one.cookie = all_.size() + 1;
  one.client = client;
  one.shared = shared;
  one.op = op;
  one.since = world_.now();
  one.began = ++clock_;
  one.losses_before = losses_[client];
  all_.push_back(std::move(one));
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
  Asked& one = at(cookie);
  if (one.fate != Fate::open) throw Violation{"object rule 1: answered twice: " + describe(shared(one.shared), one)};
  --open_;
  one.ended = ++clock_;
  one.losses_after = losses_[one.client];
  one.answer = answer;
  const bool lost = answer.code == Errc::disconnected || answer.code == Errc::object_unknown;
  one.fate = answer.code == Errc::ok ? Fate::ok : lost ? Fate::unknown : Fate::refused;
  check_wait(one);
  // Without names, those who hold some give back some of their own first.
  if (one.ok() && one.is(Verb::release) && one.op.a < 0)
    certain_surplus_[one.op.object] += std::max<std::int64_t>(1, one.op.b) - std::ssize(tokens_named(one.op));
}

void ObjectHistory::unknown(Cookie cookie) {
  at(cookie).fate = Fate::unknown;
  --open_;
}

// Nobody is turned away before his time.
void ObjectHistory::check_wait(const Asked& one) const {
  const Errc code = one.answer.code;
  const bool waited = code == Errc::timeout || code == Errc::object_empty || code == Errc::object_full ||
                      (code == Errc::ok && one.is(Verb::poll) && one.answer.a == 0) ||
                      (code == Errc::ok && one.is(Verb::wait) && one.answer.a == 0 &&
                       (shared(one.shared).role == Role::event || shared(one.shared).role == Role::condition));
  // A put to a durable queue that was half done and waited ends where it was when the broker is restarted.
  if (code == Errc::object_full && one.answer.a > 0 && durable(one.shared)) return;
  if (!waited || one.given_up || world_.now() - one.since >= Instant{one.op.wait}) return;
  throw Violation{"object rule 2: turned away too early: " + describe(shared(one.shared), one)};
}

void ObjectHistory::check() const { check_objects(*this); }

}  // namespace forkmill::sim
