#include "broker/core/objects/kinds/lock.h"

#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Verb;

std::optional<Answer> Lock::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::acquire:
      return acquire(call, 1);
    case Verb::wait: {  // the call comes back from a condition
      auto answer = acquire(call, call.count);
      return answer ? std::optional{done(call.step, token_acquired(*answer))} : std::nullopt;
    }
    case Verb::release:
      return release(call);
    case Verb::look:
      return done(count_, token_);
    default:
      return wrong_verb();
  }
}

std::optional<Answer> Lock::acquire(Call& call, std::int64_t times) {
  if (count_ > 0 && !(recursive() && held_by(call.holder()))) return std::nullopt;
  if (count_ == 0) {
    holder_ = call.holder();
    if (token_ == 0 || !proto::mutant(proto::Mutant::token_not_raised)) ++token_;
    host.note_holding(call.client, id());
  }
  count_ += times;
  dirty = true;
  return done(token_, count_);
}

Answer Lock::release(const Call& call) {
  const std::int64_t token = token_to_release(call.op);
  if (token != 0 && token != token_) return failed(token <= lost_ ? Errc::lease_lost : Errc::not_held);
  if (count_ == 0) return failed(token != 0 && token <= lost_ ? Errc::lease_lost : Errc::over_released);
  if (recursive() && !held_by(call.holder())) return failed(Errc::not_held);
  --count_;
  dirty = true;
  return done(count_);
}

std::int64_t Lock::release_all() {
  const std::int64_t times = count_;
  count_ = 0;
  dirty = true;
  host.note_changed(*this);
  return times;
}

void Lock::client_gone(ClientHandle client) {
  if (count_ == 0 || holder_.client != client || proto::mutant(proto::Mutant::lock_kept_by_the_gone)) return;
  count_ = 0;
  lost_ = token_;
  dirty = true;
}

std::vector<Object::Hold> Lock::holders() const {
  if (count_ == 0) return {};
  return {{holder_.client, holder_.who, count_, token_}};
}

// A client that comes back from a condition must get the lock, however long that takes.
std::optional<Answer> Lock::expire(Call& call) {
  if (call.op.verb == Verb::wait) return std::nullopt;
  return failed(Errc::timeout);
}

void Lock::save(Packer& packer) const {
  packer.pack_array(5);
  packer.pack(holder_.client.value());
  packer.pack(holder_.who);
  packer.pack(count_);
  packer.pack(token_);
  packer.pack(lost_);
}

void Lock::load(const msgpack::object& state) {
  const auto [client, who, count, token, lost] =
      state.as<std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>>();
  if (count < 0) throw msgpack::type_error{};
  holder_ = {ClientHandle{client}, who};
  count_ = count;
  token_ = token;
  lost_ = lost;
}

std::vector<ClientHandle> Lock::holding_clients() const {
  if (count_ == 0) return {};
  return {holder_.client};
}

}  // namespace forkmill::broker
