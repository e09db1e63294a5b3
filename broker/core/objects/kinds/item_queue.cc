#include "broker/core/objects/kinds/item_queue.h"

#include <algorithm>

#include "broker/core/objects/base/record_packing.h"
#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Payload;
using proto::Verb;

namespace {

enum : std::size_t { kGetters, kPutters, kJoiners, kPollers };

// `lease` and `client` name the reader that has the item. 0 and none: no reader has it.
std::string item_record(ObjectId queue, const Item& item, std::int64_t lease, ClientHandle client) {
  return pack_record(RecordType::part, [&](DurableState::Packer& packer) {
    packer.pack_array(5);
    packer.pack(queue.value());
    packer.pack(item.number);
    packer.pack(lease);
    packer.pack(client.value());
    pack_payload(packer, item.value);
  });
}

}  // namespace

std::size_t ItemQueue::Lease::bytes() const {
  std::size_t sum = 0;
  for (const Item& item : items) sum += item.value.size();
  return sum;
}

std::size_t ItemQueue::line(const Call& call) const {
  switch (call.op.verb) {
    case Verb::put:
      return kPutters;
    case Verb::join:
      return kJoiners;
    case Verb::poll:
      return kPollers;
    default:
      return kGetters;
  }
}

std::optional<Answer> ItemQueue::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::put:
      return put(call);
    case Verb::get:
      return get(call);
    case Verb::done:
      return task_done(items_done(call.op));
    case Verb::poll:
      return items_.empty() ? std::nullopt : std::optional{done(1)};
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
  return items_.empty() || items_.bytes() + bytes <= kMaxObjectBytes;
}

// Puts as many values as there is room for; the call waits with the rest.
std::optional<Answer> ItemQueue::put(Call& call) {
  auto& values = call.op.values;
  const std::int64_t many = std::ssize(values);
  for (; call.count < many; ++call.count) {
    Payload& value = values[static_cast<std::size_t>(call.count)];
    if (!has_room(value.size())) return std::nullopt;
    const std::int64_t number = items_.push(std::move(value));
    if (durable()) unsaved_.items.push_back(number);
    ++unfinished_;
    dirty = true;
    host.note_changed(*this);  // the rest of the values may have to wait, but readers need not
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
    if (!stays) items_.pop_front(size);
  }
  dirty = true;
  std::int64_t number = 0;
  if (is_on_approval(call.op)) {
    number = ++last_lease_;
    lent_.bytes += bytes;
    lent_.leases.emplace(number, std::move(lease));
    if (durable()) unsaved_.leases.push_back(number);
    host.note_holding(call.client, id());
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
  const auto found = lent_.leases.find(lease_to_settle(call.op));
  if (found == lent_.leases.end() || found->second.client != call.client) return failed(Errc::lease_lost);
  Lease lease = std::move(found->second);
  lent_.bytes -= lease.bytes();
  lent_.leases.erase(found);
  dirty = true;
  if (!settles_as_done(call.op)) {
    give_back(std::move(lease));
    return done();
  }
  for (const Item& item : lease.items) forget(item);
  return done();
}

void ItemQueue::forget(const Item& item) {
  if (item.record) unsaved_.erased.push_back(item.record);
}

void ItemQueue::give_back(Lease lease) {
  for (Item& item : lease.items) {
    if (durable()) unsaved_.items.push_back(item.number);
    items_.put_back(std::move(item));
  }
}

void ItemQueue::client_gone(ClientHandle client) {
  std::vector<std::int64_t> theirs;
  for (const auto& [number, lease] : lent_.leases)
    if (lease.client == client) theirs.push_back(number);
  for (const std::int64_t number : theirs) {
    Lease lease = std::move(lent_.leases.extract(number).mapped());
    lent_.bytes -= lease.bytes();
    give_back(std::move(lease));
    dirty = true;
  }
}

std::optional<Answer> ItemQueue::expire(Call& call) {
  switch (call.op.verb) {
    case Verb::put:
      return failed(Errc::object_full, {}, call.count);
    case Verb::get:
      return failed(Errc::object_empty);
    case Verb::poll:
      return done(0);
    default:
      return failed(Errc::timeout);
  }
}

std::vector<Object::Hold> ItemQueue::holders() const {
  std::vector<Hold> rows;
  rows.reserve(lent_.leases.size());
  for (const auto& [number, lease] : lent_.leases) rows.push_back({lease.client, 0, std::ssize(lease.items), number});
  return rows;
}

// ---- Durable queues -------------------------------------------------------------------------------------------------

void ItemQueue::save(Packer& packer) const {
  packer.pack_array(3);
  packer.pack(unfinished_);
  packer.pack(items_.last_number());
  packer.pack(last_lease_);
}

void ItemQueue::load(const msgpack::object& state) {
  const auto [unfinished, last_item, last_lease] = state.as<std::tuple<std::int64_t, std::int64_t, std::int64_t>>();
  if (unfinished < 0) throw msgpack::type_error{};
  unfinished_ = unfinished;
  items_.set_last_number(last_item);
  last_lease_ = last_lease;
}

std::vector<ClientHandle> ItemQueue::holding_clients() const {
  std::vector<ClientHandle> all;
  all.reserve(lent_.leases.size());
  for (const auto& [number, lease] : lent_.leases) all.push_back(lease.client);
  return all;
}

void ItemQueue::drain_parts(std::vector<StoreOp>& ops, const NextNumber& next) {
  std::sort(unsaved_.items.begin(), unsaved_.items.end());
  for (const std::int64_t number : std::exchange(unsaved_.items, {})) {
    Item* item = items_.find(number);
    if (item == nullptr) continue;  // the item has been removed or lent since
    if (!item->record) item->record = next();
    ops.emplace_back(PutRecord{item->record, item_record(id(), *item, 0, {})});
  }
  for (const std::int64_t number : std::exchange(unsaved_.leases, {})) {
    const auto lease = lent_.leases.find(number);
    if (lease == lent_.leases.end()) continue;
    for (Item& item : lease->second.items) {
      if (!item.record) item.record = next();
      ops.emplace_back(PutRecord{item.record, item_record(id(), item, number, lease->second.client)});
    }
  }
  for (const proto::TaskSeq seq : std::exchange(unsaved_.erased, {})) ops.emplace_back(EraseRecord{seq});
}

void ItemQueue::load_part(proto::TaskSeq seq, const msgpack::object& record) {
  const auto [object, number, lease, client, value] =
      record.as<std::tuple<std::uint64_t, std::int64_t, std::int64_t, std::uint64_t, msgpack::type::raw_ref>>();
  Item item{number, Payload::copy({value.ptr, value.size}), seq};
  if (lease == 0) return items_.load(std::move(item));
  lent_.bytes += item.value.size();
  Lease& lent = lent_.leases[lease];
  lent.client = ClientHandle{client};
  lent.items.push_back(std::move(item));
}

void ItemQueue::parts_loaded() {
  items_.sort();
  for (auto& [number, lease] : lent_.leases) std::sort(lease.items.begin(), lease.items.end(), by_number);
}

std::vector<proto::TaskSeq> ItemQueue::part_records() const {
  std::vector<proto::TaskSeq> all = unsaved_.erased;
  const auto add = [&](const Item& item) {
    if (item.record) all.push_back(item.record);
  };
  for (const Item& item : items_) add(item);
  for (const auto& [number, lease] : lent_.leases)
    for (const Item& item : lease.items) add(item);
  return all;
}

}  // namespace forkmill::broker
