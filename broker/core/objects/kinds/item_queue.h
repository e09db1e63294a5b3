// ItemQueue: items, first in, first out, up to a capacity. The queue counts the items that are not done yet, and lends
// items to readers that settle them later: when a reader leaves, the items that it has not settled go back to their
// places. Each item of a durable queue is a part record of its own.
#pragma once

#include <deque>
#include <map>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/items.h"

namespace forkmill::broker {

class ItemQueue final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  std::size_t line(const Call& call) const override;
  std::optional<Answer> expire(Call& call) override;
  void client_gone(ClientHandle client) override;
  Contents contents() const override {
    return {items_.size(), items_.bytes() + lent_.bytes, items_.last_number() == 0 && unfinished_ == 0};
  }
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  std::vector<ClientHandle> holding_clients() const override;
  void drain_parts(std::vector<StoreOp>& ops, const NextNumber& next) override;
  void load_part(proto::TaskSeq seq, const msgpack::object& record) override;
  void parts_loaded() override;
  std::vector<proto::TaskSeq> part_records() const override;

 private:
  struct Lease {
    ClientHandle client;
    std::deque<Item> items;
    std::size_t bytes() const;
  };
  struct Lent {
    std::map<std::int64_t, Lease> leases;  // by number
    std::size_t bytes = 0;                 // values of the items
  };
  // Changes of a durable queue that are not in the store.
  struct Unsaved {
    std::vector<std::int64_t> items;  // numbers of items that were put or given back
    std::vector<std::int64_t> leases;
    std::vector<proto::TaskSeq> erased;  // records of items that are gone
  };

  std::optional<Answer> put(Call& call);
  std::optional<Answer> get(const Call& call);
  Answer task_done(std::int64_t many);
  Answer settle(const Call& call);
  bool has_room(std::size_t bytes) const;
  void forget(const Item& item);
  void give_back(Lease lease);

  Items items_;
  std::int64_t unfinished_ = 0;
  std::int64_t last_lease_ = 0;
  Lent lent_;
  Unsaved unsaved_;
};

}  // namespace forkmill::broker
