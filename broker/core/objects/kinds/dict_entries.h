// DictEntries: the values of a dict by key, in the order in which the keys were added. Each entry of a durable dict is
// a part record of its own.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/core/objects/base/call.h"
#include "broker/core/objects/base/durable_state.h"

namespace forkmill::broker {

class DictEntries {
 public:
  struct Entry {
    std::uint64_t number = 0;  // rises in the order in which keys are added
    proto::Payload value;
    proto::TaskSeq record;
  };

  explicit DictEntries(bool durable) : durable_{durable} {}

  std::size_t size() const { return order_.size(); }
  // Returns the number of bytes of all keys and values.
  std::size_t bytes() const { return bytes_; }

  // Returns null if there is no such key. The pointer is valid until the next change.
  const Entry* find(std::string_view key) const;
  // Returns the key that was added last. Null: there are no entries.
  const std::string* last_key() const { return order_.empty() ? nullptr : order_.rbegin()->second; }
  // The keys by number. after() returns the first entry above `number`.
  using Order = std::map<std::uint64_t, const std::string*>;
  Order::const_iterator after(std::uint64_t number) const { return order_.upper_bound(number); }
  Order::const_iterator end() const { return order_.end(); }

  void put(std::string_view key, proto::Payload value);
  // The key must exist.
  void erase(const std::string& key);
  void clear();

  // ---- For DurableState
  std::uint64_t last_number() const { return last_number_; }
  void set_last_number(std::uint64_t number) { last_number_ = number; }
  void drain_parts(ObjectId dict, std::vector<StoreOp>& ops, const DurableState::NextNumber& next);
  void load_part(proto::TaskSeq seq, const msgpack::object& record);
  std::vector<proto::TaskSeq> part_records() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  bool durable_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  Order order_;
  std::size_t bytes_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_set<std::string> unsaved_;  // keys
  std::vector<proto::TaskSeq> erased_;       // records of entries that are gone
};

}  // namespace forkmill::broker
