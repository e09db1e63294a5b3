// Dict: values by key, in the order in which the keys were made. Keys and values are the clients' bytes; only add and
// append look into a value.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "broker/core/objects/kinds/changes.h"
#include "broker/core/objects/kinds/object.h"

namespace forkmill::broker {

class Dict final : public Object {
 public:
  using Object::Object;

  std::optional<Answer> attempt(Call& call) override;
  std::size_t size() const override { return order_.size(); }
  void save(Packer& packer) const override;
  void load(const msgpack::object& state) override;
  void take_records(std::vector<StoreOp>& ops, const std::function<proto::TaskSeq()>& next) override;
  void load_record(proto::TaskSeq seq, const msgpack::object& record) override;
  std::vector<proto::TaskSeq> all_records() const override;

 private:
  struct Entry {
    std::uint64_t number = 0;  // in the order of making
    proto::Payload value;
    proto::TaskSeq record;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  Answer fetch(const Call& call);
  Answer store(const Call& call);
  Answer erase(const Call& call);
  Answer items(const Call& call);
  Answer add(const Call& call);
  Answer append_to(const Call& call);
  Answer exchange(const Call& call);
  Answer pop(const Call& call);
  Answer insert(const Call& call);
  Answer clear();
  Entry* find(const proto::Payload& key);
  bool put(const proto::Payload& key, proto::Payload value);
  void drop(const std::string& key);

  Entries entries_;
  std::map<std::uint64_t, const std::string*> order_;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
  Changes changes_;
  // Durable ones
  std::unordered_set<std::string> fresh_;
  std::vector<proto::TaskSeq> gone_;
};

}  // namespace forkmill::broker
