#include "broker/core/objects/kinds/dict.h"

#include "broker/core/objects/base/loans.h"
#include "broker/core/objects/kinds/values.h"
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
      return done(std::ssize(entries_), changes_.version());
    default:
      return wrong_verb();
  }
}

bool Dict::put(const Payload& key, Payload value) {
  if (entries_.bytes() + key.size() + value.size() > kMaxObjectBytes) return false;
  entries_.put(key.view(), std::move(value));
  dirty = true;
  changes_.note(key.view());
  return true;
}

void Dict::drop(const std::string& key) {
  changes_.note(key);
  entries_.erase(key);
  dirty = true;
}

Answer Dict::fetch(const Call& call) {
  Page page;
  for (const Payload& key : call.op.values) {
    const DictEntries::Entry* entry = find(key);
    if (entry == nullptr) return failed(Errc::key_unknown);
    if (!page.has_room(entry->value.size())) return bad_request("they are more than one answer takes: ask for fewer");
    page.values.push_back(entry->value);
  }
  return done(0, changes_.version(), std::move(page.values));
}

// Stores all of the pairs or none.
Answer Dict::store(const Call& call) {
  if (expected_version(call.op) != 0 && expected_version(call.op) != changes_.version())
    return failed(Errc::value_differs);
  if (entries_.bytes() + call.bytes() > kMaxObjectBytes) return no_room("dict");
  for (std::size_t i = 0; i + 1 < call.op.values.size(); i += 2) put(call.op.values[i], call.op.values[i + 1]);
  return done(std::ssize(entries_), changes_.version());
}

Answer Dict::erase(const Call& call) {
  for (const Payload& key : call.op.values)
    if (find(key) == nullptr) return failed(Errc::key_unknown);
  std::int64_t erased = 0;
  for (const Payload& key : call.op.values) {
    if (find(key) == nullptr) continue;  // the operation names the key twice
    drop(std::string{key.view()});
    ++erased;
  }
  return done(erased, changes_.version());
}

Answer Dict::items(const Call& call) {
  const bool keys = parts_to_list(call.op) != DictParts::values;
  const bool values_too = parts_to_list(call.op) != DictParts::keys;
  Page page;
  std::uint64_t last = 0;
  for (auto at = entries_.after(static_cast<std::uint64_t>(page_start(call.op))); at != entries_.end(); ++at) {
    const auto& [number, key] = *at;
    const Payload& value = entries_.find(*key)->value;
    if (!page.has_room(key->size() + value.size()))
      return done(static_cast<std::int64_t>(last), changes_.version(), std::move(page.values));
    if (keys) page.values.push_back(Payload::copy(*key));
    if (values_too) page.values.push_back(value);
    last = number;
  }
  return done(0, changes_.version(), std::move(page.values));
}

Answer Dict::add(const Call& call) {
  const auto& values = call.op.values;
  const DictEntries::Entry* entry = find(values[0]);
  if (entry == nullptr && values.size() < 3) return failed(Errc::key_unknown);
  auto total = sum(entry != nullptr ? entry->value : values[2], values[1], proto::type_of_sum(call.op));
  if (!total.ok()) return failed(total.failure());
  if (!put(values[0], total.value())) return no_room("dict");
  return done(0, changes_.version(), {std::move(total.value())});
}

Answer Dict::append_to(const Call& call) {
  const DictEntries::Entry* entry = find(call.op.values[0]);
  const Payload before = entry != nullptr ? entry->value : Payload{};
  auto grown = append(before, call.op.values[1]);
  if (!grown.ok()) return failed(grown.failure());
  if (grown->array.size() > proto::limits::kMaxPayload) return failed(Errc::payload_too_large);
  grown->array = host.loans().join(std::move(grown->array), before, call.op.values[1]);
  if (!put(call.op.values[0], std::move(grown->array))) return no_room("dict");
  return done(grown->length, changes_.version());
}

Answer Dict::exchange(const Call& call) {
  const auto& values = call.op.values;
  const DictEntries::Entry* entry = find(values[0]);
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
    if (entries_.last_key() == nullptr) return failed(Errc::key_unknown, "the dict is empty");
    const std::string key = *entries_.last_key();
    std::vector<Payload> pair{Payload::copy(key), entries_.find(key)->value};
    drop(key);
    return done(1, changes_.version(), std::move(pair));
  }
  const DictEntries::Entry* entry = find(call.op.values[0]);
  if (entry == nullptr) return failed(Errc::key_unknown);
  std::vector<Payload> value{entry->value};
  drop(std::string{call.op.values[0].view()});
  return done(1, changes_.version(), std::move(value));
}

Answer Dict::insert(const Call& call) {
  if (const DictEntries::Entry* entry = find(call.op.values[0])) return done(0, changes_.version(), {entry->value});
  if (!put(call.op.values[0], call.op.values[1])) return no_room("dict");
  return done(1, changes_.version(), {call.op.values[1]});
}

Answer Dict::clear() {
  entries_.clear();
  changes_.note_all();
  dirty = true;
  return done(0, changes_.version());
}

// ---- Durable dicts --------------------------------------------------------------------------------------------------

void Dict::save(Packer& packer) const {
  packer.pack_array(2);
  packer.pack(changes_.version());
  packer.pack(entries_.last_number());
}

void Dict::load(const msgpack::object& state) {
  const auto [version, number] = state.as<std::tuple<std::int64_t, std::uint64_t>>();
  changes_.start_at(version);
  entries_.set_last_number(number);
}

}  // namespace forkmill::broker
