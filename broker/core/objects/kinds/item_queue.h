// ItemQueue: items, first in, first out, up to a capacity; counts what is not done with yet, and lends items to readers
// that settle them later: what a reader has not settled goes back to its place
// when it goes.
#pragma once

#include <deque>
#include <map>

#include "broker/core/objects/kinds/object.h"

namespace forkmill::broker {

class ItemQueue final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  std::size_t line(const Call& call) const override;
  std::optional<Answer> give_up(Call& call) override;
  void leave(ClientHandle client) override;
  std::size_t size() const override { return items_.size(); }
  std::vector<Hold> holders() const override;
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  std::vector<ClientHandle> clients() const override;
  void take_records(std::vector<StoreOp>& ops, const std::function<proto::TaskSeq()>& next) override;
  void load_record(proto::TaskSeq seq, const msgpack::object& record) override;
  void loaded() override;
  std::vector<proto::TaskSeq> all_records() const override;

 private:
  struct Item {
    std::int64_t number = 0;  // rises; lower at the head
    proto::Payload value;
    proto::TaskSeq record;
  };
  struct Lease {
    ClientHandle client;
    std::deque<Item> items;
  };

  std::optional<Answer> put(Call& call);
  std::optional<Answer> get(const Call& call);
  Answer task_done(std::int64_t many);
  Answer settle(const Call& call);
  bool has_room(std::size_t bytes) const;
  void forget(const Item& item);
  void give_back(Lease lease);
  std::deque<Item>::iterator place_of(std::int64_t number);  // of the item, or where it would be
  std::string item_record(const Item& item, std::int64_t lease, ClientHandle client) const;

  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::int64_t unfinished_ = 0;
  std::int64_t last_item_ = 0;
  std::int64_t last_lease_ = 0;
  std::map<std::int64_t, Lease> leases_;
  // Durable ones
  std::vector<std::int64_t> fresh_;  // items put since the last record was written, by number
  std::vector<proto::TaskSeq> gone_;
  std::vector<std::int64_t> fresh_leases_;
};

}  // namespace forkmill::broker
