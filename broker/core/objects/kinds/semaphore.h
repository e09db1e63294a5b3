// Semaphore: a number of units. Units that a client has acquired and not released come back when the client leaves,
// except that those of a semaphore with kObjectKept stay away when it leaves in order.
#pragma once

#include <deque>
#include <unordered_map>

#include "broker/core/objects/base/object.h"

namespace forkmill::broker {

class Semaphore final : public Object {
 public:
  Semaphore(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
      : Object{id, std::move(spec), object_host}, value_{this->spec().size} {}

  std::optional<Answer> attempt(Call& call) override;
  void client_gone(ClientHandle client) override;
  void client_left(ClientHandle client) override;
  Contents contents() const override {
    return {static_cast<std::size_t>(value_), 0, token_ == 0 && value_ == spec().size};
  }
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  std::vector<ClientHandle> holding_clients() const override;

 private:
  Answer release(const Call& call);
  std::int64_t most() const;

  std::int64_t value_;
  std::int64_t token_ = 0;
  std::unordered_map<ClientHandle, std::deque<std::int64_t>> held_;  // tokens of units, rising
};

}  // namespace forkmill::broker
