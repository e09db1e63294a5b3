#include "broker/core/objects/kinds/dict.h"

#include "broker/core/objects/kinds/values.h"
#include "broker/core/objects/record.h"
#include "proto/limits.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::DictParts;
using proto::Payload;
using proto::Verb;

std::optional<Answer> Dict::attempt(Call& call) {
  const std::size_t count = call.op.values.size();
  switch (call.op.verb) {
    case Verb::fetch:
      return fetch(call);
    case Verb::store:
      return count % 2 == 0 ? store(call) : bad_request("keys and values come in pairs");
    case Verb::erase:
      return erase(call);
    case Verb::has:
      return count == 1 ? done(find(call.op.values[0]) != nullptr ? 1 : 0) : bad_request("one key is needed");
    case Verb::items:
      return items(call);
    case Verb::add:
      return count == 2 || count == 3 ? add(call) : bad_request("a key and a number are needed");
    case Verb::append:
      return count == 2 ? append_to(call) : bad_request("a key and a value are needed");
    case Verb::exchange:
      return count == 3 ? exchange(call) : bad_request("a key and two values are needed");
    case Verb::pop:
      return pop(call);
    case Verb::insert:
      return count == 2 ? insert(call) : bad_request("a key and a value are needed");
    case Verb::clear:
      return clear();
    case Verb::watch:
      return changes_.since(known_version(call.op));
    case Verb::look:
      return done(std::ssize(order_), changes_.version());
    default:
      return wrong_verb();
  }
}

Dict::Entry* Dict::find(const Payload& key) {
  const auto found = entries_.find(std::string{key.view()});
  return found == entries_.end() ? nullptr : &found->second;
}

bool Dict::put(const Payload& key, Payload value) {
  if (bytes_ + key.size() + value.size() > kMaxObjectBytes) return false;
  const auto [place, made] = entries_.try_emplace(std::string{key.view()});
  Entry& entry = place->second;
  if (made) {
    entry.number = ++last_number_;
    order_.emplace(entry.number, &place->first);
    bytes_ += key.size();
  }
  bytes_ += value.size();
  bytes_ -= entry.value.size();
  entry.value = std::move(value);
  if (durable()) fresh_.insert(place->first);
  dirty = true;
  changes_.note(place->first);
  return true;
}

void Dict::drop(const std::string& key) {
  const auto found = entries_.find(key);
  Entry& entry = found->second;
  changes_.note(key);
  bytes_ -= key.size() + entry.value.size();
  order_.erase(entry.number);
  if (entry.record) gone_.push_back(entry.record);
  fresh_.erase(key);
  entries_.erase(found);
  dirty = true;
}

Answer Dict::fetch(const Call& call) {
  Page page;
  for (const Payload& key : call.op.values) {
    const Entry* entry = find(key);
    if (entry == nullptr) return failed(Errc::key_unknown);
    if (!page.has_room(entry->value.size())) return bad_request("they are more than one answer takes: ask for fewer");
    page.values.push_back(entry->value);
  }
  return done(0, changes_.version(), std::move(page.values));
}

// All of them or none.
Answer Dict::store(const Call& call) {
  if (expected_version(call.op) != 0 && expected_version(call.op) != changes_.version())
    return failed(Errc::value_differs);
  if (bytes_ + call.bytes() > kMaxObjectBytes) return no_room("dict");
  for (std::size_t i = 0; i + 1 < call.op.values.size(); i += 2) put(call.op.values[i], call.op.values[i + 1]);
  return done(std::ssize(order_), changes_.version());
}

Answer Dict::erase(const Call& call) {
  for (const Payload& key : call.op.values)
    if (find(key) == nullptr) return failed(Errc::key_unknown);
  std::int64_t erased = 0;
  for (const Payload& key : call.op.values) {
    if (find(key) == nullptr) continue;  // it was named twice
    drop(std::string{key.view()});
    ++erased;
  }
  return done(erased, changes_.version());
}

// A page of them.
Answer Dict::items(const Call& call) {
  const bool keys = parts_to_list(call.op) != DictParts::values;
  const bool values_too = parts_to_list(call.op) != DictParts::keys;
  Page page;
  std::uint64_t last = 0;
  for (auto at = order_.upper_bound(static_cast<std::uint64_t>(page_start(call.op))); at != order_.end(); ++at) {
    const Entry& entry = entries_.at(*at->second);
    if (!page.has_room(at->second->size() + entry.value.size()))
      return done(static_cast<std::int64_t>(last), changes_.version(), std::move(page.values));
    if (keys) page.values.push_back(Payload::copy(*at->second));
    if (values_too) page.values.push_back(entry.value);
    last = at->first;
  }
  return done(0, changes_.version(), std::move(page.values));
}

Answer Dict::add(const Call& call) {
  const auto& values = call.op.values;
  const Entry* entry = find(values[0]);
  if (entry == nullptr && values.size() < 3) return failed(Errc::key_unknown);
  auto total = sum(entry != nullptr ? entry->value : values[2], values[1]);
  if (!total.ok()) return failed(total.failure().code, total.failure().text);
  if (!put(values[0], total.value())) return no_room("dict");
  return done(0, changes_.version(), {std::move(total.value())});
}

Answer Dict::append_to(const Call& call) {
  const Entry* entry = find(call.op.values[0]);
  auto grown = append(entry != nullptr ? entry->value : Payload{}, call.op.values[1]);
  if (!grown.ok()) return failed(grown.failure().code, grown.failure().text);
  if (grown->array.size() > proto::limits::kMaxPayload) return failed(Errc::payload_too_large);
  if (!put(call.op.values[0], std::move(grown->array))) return no_room("dict");
  return done(grown->length, changes_.version());
}

Answer Dict::exchange(const Call& call) {
  const auto& values = call.op.values;
  const Entry* entry = find(values[0]);
  if ((entry != nullptr ? entry->value : Payload{}) != values[1]) {
    Answer answer = failed(Errc::value_differs);
    if (entry != nullptr) answer.values.push_back(entry->value);
    return answer;
  }
  if (values[2].empty()) {
    if (entry != nullptr) drop(std::string{values[0].view()});
  } else if (!put(values[0], values[2])) {
    return no_room("dict");
  }
  return done(0, changes_.version());
}

Answer Dict::pop(const Call& call) {
  if (call.op.values.empty()) {
    if (order_.empty()) return failed(Errc::key_unknown, "the dict is empty");
    const std::string key = *order_.rbegin()->second;
    std::vector<Payload> pair{Payload::copy(key), entries_.at(key).value};
    drop(key);
    return done(1, changes_.version(), std::move(pair));
  }
  const Entry* entry = find(call.op.values[0]);
  if (entry == nullptr) return failed(Errc::key_unknown);
  std::vector<Payload> value{entry->value};
  drop(std::string{call.op.values[0].view()});
  return done(1, changes_.version(), std::move(value));
}

Answer Dict::insert(const Call& call) {
  if (const Entry* entry = find(call.op.values[0])) return done(0, changes_.version(), {entry->value});
  if (!put(call.op.values[0], call.op.values[1])) return no_room("dict");
  return done(1, changes_.version(), {call.op.values[1]});
}

Answer Dict::clear() {
  for (const auto& [key, entry] : entries_)
    if (entry.record) gone_.push_back(entry.record);
  entries_.clear();
  order_.clear();
  fresh_.clear();
  bytes_ = 0;
  changes_.note_all();
  dirty = true;
  return done(0, changes_.version());
}

// ---- Durable ones ---------------------------------------------------------------------------------------------------

void Dict::save(Packer& packer) const {
  packer.pack_array(2);
  packer.pack(changes_.version());
  packer.pack(last_number_);
}

void Dict::load(const msgpack::object& state) {
  const auto [version, number] = state.as<std::tuple<std::int64_t, std::uint64_t>>();
  changes_.start_at(version);
  last_number_ = number;
}

void Dict::take_records(std::vector<StoreOp>& ops, const std::function<proto::TaskSeq()>& next) {
  // In the order of making: a second run from the same seed writes the same numbers.
  std::map<std::uint64_t, const std::string*> sorted;
  for (const std::string& key : fresh_) sorted.emplace(entries_.at(key).number, &key);
  for (const auto& one : sorted) {
    const std::string& key = *one.second;
    Entry& entry = entries_.at(key);
    if (!entry.record) entry.record = next();
    ops.emplace_back(PutRecord{entry.record, pack_record(RecordKind::part, [&](Packer& packer) {
                                 packer.pack_array(4);
                                 packer.pack(id().value());
                                 packer.pack(entry.number);
                                 pack_payload(packer, Payload::copy(key));
                                 pack_payload(packer, entry.value);
                               })});
  }
  fresh_.clear();
  for (const proto::TaskSeq seq : std::exchange(gone_, {})) ops.emplace_back(EraseRecord{seq});
}

void Dict::load_record(proto::TaskSeq seq, const msgpack::object& record) {
  const auto [object, number, key, value] =
      record.as<std::tuple<std::uint64_t, std::uint64_t, msgpack::type::raw_ref, msgpack::type::raw_ref>>();
  const auto place = entries_.try_emplace(std::string{key.ptr, key.size}).first;
  place->second = {number, Payload::copy({value.ptr, value.size}), seq};
  order_.emplace(number, &place->first);
  bytes_ += key.size + value.size;
}

std::vector<proto::TaskSeq> Dict::all_records() const {
  std::vector<proto::TaskSeq> all = gone_;
  for (const auto& [key, entry] : entries_)
    if (entry.record) all.push_back(entry.record);
  return all;
}

}  // namespace forkmill::broker
