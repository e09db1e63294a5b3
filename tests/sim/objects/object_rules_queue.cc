#include <algorithm>
#include <unordered_map>

#include "tests/sim/objects/object_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

struct Item {
  const Asked* put = nullptr;
  std::size_t index = 0;  // in its put
  Fate fate = Fate::unknown;
  const Asked* consumed = nullptr;
  bool may_be_settled = false;  // the fate of that is not known
};

class Items {
 public:
  Items(const ObjectHistory& history, const std::vector<const Asked*>& asked) : history_{history} {
    for (const Asked* one : asked)
      if (one->is(Verb::put)) add(*one);
    for (const Asked* one : asked)
      if (one->is(Verb::get)) take(*one);
    for (const Asked* one : asked)
      if (one->is(Verb::settle) && one->op.b == 1) settle(*one);
    for (const Asked* one : asked)
      if (one->is(Verb::get) && one->ok()) check_not_after_end(*one);
  }

  // Whatever was put is there at the end, unless nobody is left who could say that he got it.
  void check_none_lost() const {
    std::int64_t missing = 0;
    const Item* example = nullptr;
    for (const auto& [value, item] : items_) {
      if (item.fate != Fate::ok || item.consumed != nullptr || item.may_be_settled) continue;
      ++missing;
      if (example == nullptr || item.put->cookie < example->put->cookie) example = &item;
    }
    if (missing > got_by_nobody_)
      violated(history_, *example->put, std::to_string(missing) + " items are lost, one of them from this put");
  }

  // What one client gets of what another one put comes in the order of putting.
  void check_order(const std::vector<const Asked*>& asked) const {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<Cookie, std::size_t>> last;
    for (const Asked* one : asked) {
      if (!one->is(Verb::get) || !one->ok()) continue;
      for (const auto& value : one->answer.values) {
        const Item& item = items_.at(std::string{value.view()});
        const std::pair place{item.put->cookie, item.index};
        auto& before = last[{item.put->client, one->client}];
        if (place <= before) violated(history_, *one, "it came after something that was put later");
        before = place;
      }
    }
  }

 private:
  void add(const Asked& put) {
    const auto full = put.answer.code == Errc::object_full;
    for (std::size_t i = 0; i < put.op.values.size(); ++i) {
      const bool in = put.ok() || (full && std::cmp_less(i, put.answer.a));
      Item item{&put, i, in ? Fate::ok : put.fate, nullptr, false};
      items_.emplace(put.op.values[i].view(), item);
    }
  }

  Item& item_of(const proto::Payload& value, const Asked& by) {
    const auto found = items_.find(std::string{value.view()});
    if (found == items_.end()) violated(history_, by, "it got what nobody put there");
    return found->second;
  }

  void take(const Asked& get) {
    const bool lent = get.op.b != 0;
    if (get.fate == Fate::unknown && !lent) got_by_nobody_ += get.op.a;
    if (!get.ok()) return;
    if (get.answer.values.empty()) violated(history_, get, "it got nothing");
    if (lent) lent_[get.answer.a] = &get;
    for (const auto& value : get.answer.values) {
      Item& item = item_of(value, get);
      if (item.fate == Fate::refused) violated(history_, get, "it got an item whose put had failed");
      if (!lent) consume(item, get);
    }
  }

  void settle(const Asked& settle) {
    const auto lent = lent_.find(settle.op.a);
    if (lent == lent_.end()) violated(history_, settle, "there was no such get");
    for (const auto& value : lent->second->answer.values) {
      Item& item = item_of(value, settle);
      if (settle.fate == Fate::unknown) item.may_be_settled = true;
      if (!settle.ok()) continue;
      if (lent->second->losses_after < settle.losses_before)
        violated(history_, settle, "it was settled although its holder had been told that it was lost");
      consume(item, settle);
    }
  }

  void consume(Item& item, const Asked& by) {
    if (item.consumed != nullptr)
      violated(history_, by, "an item of it was taken by #" + std::to_string(item.consumed->cookie) + " as well");
    item.consumed = &by;
  }

  void check_not_after_end(const Asked& get) {
    for (const auto& value : get.answer.values) {
      const Item& item = item_of(value, get);
      if (item.consumed != nullptr && item.consumed->ended < get.began)
        violated(history_, get, "it got what #" + std::to_string(item.consumed->cookie) + " had settled");
    }
  }

  const ObjectHistory& history_;
  std::unordered_map<std::string, Item> items_;
  std::map<std::int64_t, const Asked*> lent_;  // by the number of the get
  std::int64_t got_by_nobody_ = 0;
};

}  // namespace

void check_queue(const ObjectHistory& history, const std::vector<const Asked*>& asked, bool final) {
  const std::size_t shared = asked.front()->shared;
  const Items items{history, asked};
  if (final || history.durable(shared)) items.check_none_lost();
  if (!history.shared(shared).approval) items.check_order(asked);
}

}  // namespace forkmill::sim
