// Items: the items of a queue that no reader has, in the order of their numbers, which rise with each item that is put.
#pragma once

#include <deque>

#include "broker/core/objects/base/call.h"

namespace forkmill::broker {

struct Item {
  std::int64_t number = 0;
  proto::Payload value;
  proto::TaskSeq record;  // number of its part record; 0: none
};

class Items {
 public:
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  // Returns the number of bytes of all values.
  std::size_t bytes() const { return bytes_; }

  // Adds an item at the end, and returns its number.
  std::int64_t push(proto::Payload value);
  Item& front() { return items_.front(); }
  // Removes the first item. The caller may have moved it away; `size`: bytes of its value.
  void pop_front(std::size_t size);
  // Returns an item to its place: before all items that were put later.
  void put_back(Item item);
  // Returns null if no item has that number.
  Item* find(std::int64_t number);

  // ---- For DurableState
  std::int64_t last_number() const { return last_number_; }
  void set_last_number(std::int64_t number) { last_number_ = number; }
  // Adds items in any order; call sort() after the last one.
  void load(Item item);
  void sort();
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  std::int64_t last_number_ = 0;
};

inline bool by_number(const Item& a, const Item& b) { return a.number < b.number; }

}  // namespace forkmill::broker
