#include "broker/core/objects/kinds/item_queue.h"

#include <algorithm>

#include "broker/core/objects/record.h"
#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Payload;
using proto::Verb;

namespace {

enum : std::size_t { kGetters, kPutters, kJoiners };

}  // namespace

std::size_t ItemQueue::line(const Call& call) const {
  return call.op.verb == Verb::put ? kPutters : call.op.verb == Verb::join ? kJoiners : kGetters;
}

std::optional<Answer> ItemQueue::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::put:
      return put(call);
    case Verb::get:
      return get(call);
    case Verb::done:
      return task_done(items_done(call.op));
    case Verb::join:
      return unfinished_ == 0 ? std::optional{done()} : std::nullopt;
    case Verb::settle:
      return settle(call);
    case Verb::look:
      return done(std::ssize(items_), unfinished_);
    default:
      return wrong_verb();
  }
}

bool ItemQueue::has_room(std::size_t bytes) const {
  if (spec().size > 0 && std::ssize(items_) >= spec().size) return false;
  return items_.empty() || bytes_ + bytes <= kMaxObjectBytes;
}

// As many of the values as there is room for; the rest waits.
std::optional<Answer> ItemQueue::put(Call& call) {
  auto& values = call.op.values;
  const std::int64_t many = std::ssize(values);
  for (; call.count < many; ++call.count) {
    Payload& value = values[static_cast<std::size_t>(call.count)];
    if (!has_room(value.size())) return std::nullopt;
    bytes_ += value.size();
    items_.push_back({++last_item_, std::move(value), {}});
    if (durable()) fresh_.push_back(last_item_);
    ++unfinished_;
    dirty = true;
    host.changed(*this);  // it may have to wait with the rest, and readers need not
  }
  return done(many);
}

std::optional<Answer> ItemQueue::get(const Call& call) {
  if (items_.empty()) return std::nullopt;
  const auto many =
      static_cast<std::size_t>(std::clamp<std::int64_t>(max_items(call.op), 1, proto::limits::kBatchTasks * 4));
  std::vector<Payload> values;
  std::size_t bytes = 0;
  Lease lease{call.client, {}};
  while (!items_.empty() && values.size() < many) {
    const std::size_t size = items_.front().value.size();
    if (!values.empty() && bytes + size > proto::limits::kBatchBytes) break;
    bytes += size;
    values.push_back(items_.front().value);
    const bool stays = is_on_approval(call.op) && proto::mutant(proto::Mutant::item_lent_twice) && many == 1;
    if (stays)
      lease.items.push_back(items_.front());
    else if (is_on_approval(call.op))
      lease.items.push_back(std::move(items_.front()));
    else
      forget(items_.front());
    if (!stays) items_.pop_front();
  }
  bytes_ -= bytes;
  dirty = true;
  std::int64_t number = 0;
  if (is_on_approval(call.op)) {
    number = ++last_lease_;
    leases_.emplace(number, std::move(lease));
    if (durable()) fresh_leases_.push_back(number);
    host.holds(call.client, id());
  }
  return done(number, std::ssize(items_), std::move(values));
}

Answer ItemQueue::task_done(std::int64_t many) {
  many = std::max<std::int64_t>(many, 1);
  if (many > unfinished_) return failed(Errc::over_released, "task_done was called more often than there were items");
  unfinished_ -= many;
  dirty = true;
  return done(unfinished_);
}

Answer ItemQueue::settle(const Call& call) {
  const auto found = leases_.find(lease_to_settle(call.op));
  if (found == leases_.end() || found->second.client != call.client) return failed(Errc::lease_lost);
  Lease lease = std::move(found->second);
  leases_.erase(found);
  dirty = true;
  if (!settles_as_done(call.op)) {
    give_back(std::move(lease));
    return done();
  }
  for (const Item& item : lease.items) forget(item);
  return done();
}

void ItemQueue::forget(const Item& item) {
  if (item.record) gone_.push_back(item.record);
}

// Each to its place: before all that were put later.
void ItemQueue::give_back(Lease lease) {
  for (Item& item : lease.items) {
    bytes_ += item.value.size();
    if (durable()) fresh_.push_back(item.number);
    items_.insert(place_of(item.number), std::move(item));
  }
}

std::deque<ItemQueue::Item>::iterator ItemQueue::place_of(std::int64_t number) {
  return std::lower_bound(items_.begin(), items_.end(), number,
                          [](const Item& one, std::int64_t wanted) { return one.number < wanted; });
}

void ItemQueue::leave(ClientHandle client) {
  std::vector<std::int64_t> theirs;
  for (const auto& [number, lease] : leases_)
    if (lease.client == client) theirs.push_back(number);
  for (const std::int64_t number : theirs) {
    give_back(std::move(leases_.extract(number).mapped()));
    dirty = true;
  }
}

std::optional<Answer> ItemQueue::give_up(Call& call) {
  switch (call.op.verb) {
    case Verb::put:
      return failed(Errc::object_full, {}, call.count);
    case Verb::get:
      return failed(Errc::object_empty);
    default:
      return failed(Errc::timeout);
  }
}

std::vector<Object::Hold> ItemQueue::holders() const {
  std::vector<Hold> rows;
  for (const auto& [number, lease] : leases_) rows.push_back({lease.client, 0, std::ssize(lease.items), number});
  return rows;
}

// ---- Durable ones ---------------------------------------------------------------------------------------------------

void ItemQueue::save(Packer& packer) const {
  packer.pack_array(3);
  packer.pack(unfinished_);
  packer.pack(last_item_);
  packer.pack(last_lease_);
}

void ItemQueue::load(const msgpack::object& state) {
  std::tie(unfinished_, last_item_, last_lease_) = state.as<std::tuple<std::int64_t, std::int64_t, std::int64_t>>();
  if (unfinished_ < 0) throw msgpack::type_error{};
}

std::vector<ClientHandle> ItemQueue::clients() const {
  std::vector<ClientHandle> all;
  for (const auto& [number, lease] : leases_) all.push_back(lease.client);
  return all;
}

std::string ItemQueue::item_record(const Item& item, std::int64_t lease, ClientHandle client) const {
  return pack_record(RecordKind::part, [&](Packer& packer) {
    packer.pack_array(5);
    packer.pack(id().value());
    packer.pack(item.number);
    packer.pack(lease);
    packer.pack(client.value());
    pack_payload(packer, item.value);
  });
}

void ItemQueue::take_records(std::vector<StoreOp>& ops, const std::function<proto::TaskSeq()>& next) {
  std::sort(fresh_.begin(), fresh_.end());
  for (const std::int64_t number : std::exchange(fresh_, {})) {
    const auto item = place_of(number);
    if (item == items_.end() || item->number != number) continue;  // it has gone, or was lent, since
    if (!item->record) item->record = next();
    ops.emplace_back(PutRecord{item->record, item_record(*item, 0, {})});
  }
  for (const std::int64_t number : std::exchange(fresh_leases_, {})) {
    const auto lease = leases_.find(number);
    if (lease == leases_.end()) continue;
    for (Item& item : lease->second.items) {
      if (!item.record) item.record = next();
      ops.emplace_back(PutRecord{item.record, item_record(item, number, lease->second.client)});
    }
  }
  for (const proto::TaskSeq seq : std::exchange(gone_, {})) ops.emplace_back(EraseRecord{seq});
}

void ItemQueue::load_record(proto::TaskSeq seq, const msgpack::object& record) {
  const auto [object, number, lease, client, value] =
      record.as<std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::uint64_t, msgpack::type::raw_ref>>();
  Item item{number, Payload::copy({value.ptr, value.size}), seq};
  if (lease == 0) {
    bytes_ += item.value.size();
    items_.push_back(std::move(item));
    return;
  }
  Lease& lent = leases_[lease];
  lent.client = ClientHandle{client};
  lent.items.push_back(std::move(item));
}

void ItemQueue::loaded() {
  const auto by_number = [](const Item& a, const Item& b) { return a.number < b.number; };
  std::sort(items_.begin(), items_.end(), by_number);
  for (auto& [number, lease] : leases_) std::sort(lease.items.begin(), lease.items.end(), by_number);
}

std::vector<proto::TaskSeq> ItemQueue::all_records() const {
  std::vector<proto::TaskSeq> all = gone_;
  const auto add = [&](const Item& item) {
    if (item.record) all.push_back(item.record);
  };
  for (const Item& item : items_) add(item);
  for (const auto& [number, lease] : leases_)
    for (const Item& item : lease.items) add(item);
  return all;
}

}  // namespace forkmill::broker
