// Accounted: what an object has, which counts in the quotas of its maker, and which clients use it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <vector>

#include "broker/core/tasks/owners.h"
#include "broker/core/tasks/task.h"
#include "proto/mutants.h"

namespace forkmill::broker {

struct Contents {
  std::size_t size = 0;   // as operators are told it: items, keys, units …
  std::size_t bytes = 0;  // sum of all values and keys
  // The object is as it was made: no client could tell it from one that is made again.
  bool is_pristine = false;
};

class Accounted {
 public:
  Accounted() = default;
  virtual ~Accounted() = default;
  Accounted(const Accounted&) = delete;
  Accounted& operator=(const Accounted&) = delete;

  virtual Contents contents() const { return {}; }
  std::size_t size() const { return contents().size; }

  Owner* maker() const { return maker_; }
  // Begins to count for that principal; null: for none. Call once.
  void count_for(Owner* maker) {
    maker_ = maker;
    if (maker != nullptr) ++maker->objects;
  }
  // Counts what there is now. Call after each change.
  void count_bytes() {
    const std::size_t bytes = contents().bytes + waiting_bytes;
    if (maker_ != nullptr) maker_->object_bytes += bytes - counted_bytes_;
    counted_bytes_ = bytes;
  }
  // Counts no longer. Call once, before the end of the object.
  void release_count() {
    if (maker_ == nullptr) return;
    --maker_->objects;
    if (!proto::mutant(proto::Mutant::object_bytes_leak)) maker_->object_bytes -= counted_bytes_;
  }

  // Notes that a client of that principal has named the object, which it may use by its number from then on.
  void note_named_by(const Owner* owner) {
    if (!was_named_by(owner)) named_by_.push_back(owner);
  }
  bool was_named_by(const Owner* owner) const {
    return owner == maker_ || std::find(named_by_.begin(), named_by_.end(), owner) != named_by_.end();
  }

  std::size_t waiting_bytes = 0;           // values of calls that wait for the object
  std::unordered_set<ClientHandle> users;  // clients that have opened or used it, and are still there

 private:
  Owner* maker_ = nullptr;  // null: not known
  std::vector<const Owner*> named_by_;
  std::size_t counted_bytes_ = 0;
};

}  // namespace forkmill::broker
