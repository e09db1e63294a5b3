// Lock: has one holder at a time, which may hold a recursive lock several times. Any client may release a plain lock,
// as with multiprocessing.Lock, but Objects lets through only those of the holder's principal and operators; only the
// holder may release a recursive one. A holder that leaves loses the lock, and the next in line gets it with a higher
// token.
#pragma once

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Lock final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  bool may_overtake(const Call& call) const override { return recursive() && held_by(call.holder()); }
  std::optional<Answer> expire(Call& call) override;
  void client_gone(ClientHandle client) override;
  Contents contents() const override { return {static_cast<std::size_t>(count_), 0, token_ == 0 && count_ == 0}; }
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  std::vector<ClientHandle> holding_clients() const override;

  bool held_by(const Holder& holder) const { return count_ > 0 && holder_ == holder; }
  // Frees the lock for a condition, and returns how many times it was held.
  std::int64_t release_all();

 private:
  bool recursive() const { return (spec().flags & proto::kObjectRecursive) != 0; }
  std::optional<Answer> acquire(Call& call, std::int64_t times);
  Answer release(const Call& call);

  Holder holder_;
  std::int64_t count_ = 0;
  std::int64_t token_ = 0;
  std::int64_t lost_ = 0;  // the last token that was taken from a holder that had left
};

}  // namespace forkmill::broker
