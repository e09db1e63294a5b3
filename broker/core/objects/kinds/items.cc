#include "broker/core/objects/kinds/items.h"

#include <algorithm>
#include <utility>

namespace forkmill::broker {

std::int64_t Items::push(proto::Payload value) {
  bytes_ += value.size();
  items_.push_back({++last_number_, std::move(value), {}});
  return last_number_;
}

void Items::pop_front(std::size_t size) {
  bytes_ -= size;
  items_.pop_front();
}

void Items::put_back(Item item) {
  bytes_ += item.value.size();
  items_.insert(std::lower_bound(items_.begin(), items_.end(), item, by_number), std::move(item));
}

Item* Items::find(std::int64_t number) {
  const auto found = std::lower_bound(items_.begin(), items_.end(), Item{number, {}, {}}, by_number);
  return found == items_.end() || found->number != number ? nullptr : &*found;
}

void Items::load(Item item) {
  bytes_ += item.value.size();
  items_.push_back(std::move(item));
}

void Items::sort() { std::sort(items_.begin(), items_.end(), by_number); }

}  // namespace forkmill::broker
