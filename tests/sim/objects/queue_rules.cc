// The rules of queues: each item is consumed at most once, in order, and none is lost.
#include <unordered_map>
#include <utility>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

struct Item {
  const ObjectCall* put = nullptr;
  std::size_t index = 0;  // the place in its put
  Fate fate = Fate::unknown;
  const ObjectCall* consumed = nullptr;
  bool may_be_settled = false;  // a settle of it has an unknown fate
};

class Items {
 public:
  Items(const ObjectHistory& history, const Selection& calls) : history_{history} {
    for (const ObjectCall* one : with(calls, Verb::put)) follow_put(*one);
    for (const ObjectCall* one : with(calls, Verb::get)) follow_get(*one);
    for (const ObjectCall* one : with(calls, Verb::settle))
      if (one->op.b == 1) follow_settle(*one);
    for (const ObjectCall* one : succeeded(calls, Verb::get)) check_not_after_end(*one);
  }

  // Requires that each item that was put was consumed, but for those that clients may have got before they were gone.
  void check_none_lost() const {
    std::int64_t missing = 0;
    const Item* example = nullptr;
    for (const auto& [value, item] : items_) {
      if (item.fate != Fate::ok || item.consumed != nullptr || item.may_be_settled) continue;
      ++missing;
      if (example == nullptr || item.put->cookie < example->put->cookie) example = &item;
    }
    if (missing > got_by_the_gone_)
      violated(history_, *example->put, std::to_string(missing) + " items are lost, one of them from this put");
  }

  // Requires that one client gets the items of another one in the order of its puts.
  void check_order(const Selection& calls) const {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<Cookie, std::size_t>> last;
    for (const ObjectCall* one : succeeded(calls, Verb::get)) {
      for (const auto& value : one->answer.values) {
        const Item& item = items_.at(std::string{value.view()});
        const std::pair place{item.put->cookie, item.index};
        auto& before = last[{item.put->client, one->client}];
        if (place <= before) violated(history_, *one, "it got an item after one that was put later");
        before = place;
      }
    }
  }

 private:
  void follow_put(const ObjectCall& put) {
    const auto full = put.answer.code == Errc::object_full;
    for (std::size_t i = 0; i < put.op.values.size(); ++i) {
      const bool in = put.ok() || (full && std::cmp_less(i, put.answer.a));
      Item item{&put, i, in ? Fate::ok : put.fate, nullptr, false};
      items_.emplace(put.op.values[i].view(), item);
    }
  }

  Item& item_of(const proto::Payload& value, const ObjectCall& by) {
    const auto found = items_.find(std::string{value.view()});
    if (found == items_.end()) violated(history_, by, "it got an item that was never put");
    return found->second;
  }

  void follow_get(const ObjectCall& get) {
    const bool lent = get.op.b != 0;
    if (get.fate == Fate::unknown && !lent) got_by_the_gone_ += get.op.a;
    if (!get.ok()) return;
    if (get.answer.values.empty()) violated(history_, get, "it succeeded without an item");
    if (lent) lent_[get.answer.a] = &get;
    for (const auto& value : get.answer.values) {
      Item& item = item_of(value, get);
      if (item.fate == Fate::refused) violated(history_, get, "it got an item whose put had failed");
      if (!lent) consume(item, get);
    }
  }

  void follow_settle(const ObjectCall& settle) {
    const auto lent = lent_.find(settle.op.a);
    if (lent == lent_.end()) violated(history_, settle, "it settled a get that there never was");
    for (const auto& value : lent->second->answer.values) {
      Item& item = item_of(value, settle);
      if (settle.fate == Fate::unknown) item.may_be_settled = true;
      if (!settle.ok()) continue;
      if (lent->second->losses_after < settle.losses_before)
        violated(history_, settle, "it settled an item although its holder had been told that the item was lost");
      consume(item, settle);
    }
  }

  void consume(Item& item, const ObjectCall& by) {
    if (item.consumed != nullptr)
      violated(history_, by, "it got an item that #" + std::to_string(item.consumed->cookie) + " got as well");
    item.consumed = &by;
  }

  void check_not_after_end(const ObjectCall& get) {
    for (const auto& value : get.answer.values) {
      const Item& item = item_of(value, get);
      if (item.consumed != nullptr && item.consumed->ended < get.began)
        violated(history_, get, "it got an item that #" + std::to_string(item.consumed->cookie) + " had settled");
    }
  }

  const ObjectHistory& history_;
  std::unordered_map<std::string, Item> items_;
  std::map<std::int64_t, const ObjectCall*> lent_;  // by the number of the get
  std::int64_t got_by_the_gone_ = 0;                // items that gets of unknown fate may have got
};

}  // namespace

void check_queue(const ObjectHistory& history, const Selection& calls, bool final) {
  const std::size_t shared = calls.front()->shared;
  const Items items{history, calls};
  if (final || history.durable(shared)) items.check_none_lost();
  if (!history.shared(shared).approval) items.check_order(calls);
}

}  // namespace forkmill::sim
