#include <forkmill/dict.h>

#include <utility>

#include "client/objects/opening.h"
#include "client/objects/values.h"
#include "client/objects/watch.h"

namespace forkmill::detail {

using client::bytes_of;
using client::Object;
using client::ObjectKind;
using client::payload_of;
using client::Verb;

RawDict::RawDict(std::string_view name, std::uint64_t type, const ObjectOptions& options)
    : Handle{client::open_object(options, client::spec_of_elements(ObjectKind::dict, name, type))} {}
RawDict::RawDict(const Ticket& ticket, std::uint64_t type)
    : Handle{client::open_object(ticket, ObjectKind::dict, type)} {}

std::int64_t RawDict::size() const { return proto::length_of(object().require({.verb = Verb::look})); }
std::int64_t RawDict::version() const { return proto::version_of(object().require({.verb = Verb::look})); }
void RawDict::clear() { object().require({.verb = Verb::clear}); }

void RawDict::throw_no_key() const { throw UnknownKey{"'" + name() + "'"}; }

std::optional<Bytes> RawDict::find(std::string key) const {
  const auto answer = object().call({.verb = Verb::fetch, .values = {payload_of(std::move(key))}});
  if (answer.code == Errc::key_unknown) return std::nullopt;
  if (answer.code != Errc::ok) object().fail(answer);
  return bytes_of(answer.values.at(0));
}

// Stores in messages of moderate size. Each of them is one change.
void RawDict::store(std::vector<std::string> keys_and_values) {
  object();  // throws if the handle is empty
  std::vector<proto::Payload> batch;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i + 1 < keys_and_values.size(); i += 2) {
    bytes += keys_and_values[i].size() + keys_and_values[i + 1].size();
    batch.push_back(payload_of(std::move(keys_and_values[i])));
    batch.push_back(payload_of(std::move(keys_and_values[i + 1])));
    if (bytes < proto::limits::kBatchBytes && batch.size() < proto::limits::kMaxRecords / 2) continue;
    object().require({.verb = Verb::store, .values = std::exchange(batch, {})});
    bytes = 0;
  }
  if (!batch.empty()) object().require({.verb = Verb::store, .values = std::move(batch)});
}

Bytes RawDict::insert_new(std::string key, std::string value, bool& made) {
  const auto answer =
      object().require({.verb = Verb::insert, .values = {payload_of(std::move(key)), payload_of(std::move(value))}});
  made = proto::was_inserted(answer);
  return bytes_of(answer.values.at(0));
}

bool RawDict::drop(std::string key) {
  const auto answer = object().call({.verb = Verb::erase, .values = {payload_of(std::move(key))}});
  if (answer.code == Errc::key_unknown) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return true;
}

std::optional<Bytes> RawDict::take(std::string key) {
  const auto answer = object().call({.verb = Verb::pop, .values = {payload_of(std::move(key))}});
  if (answer.code == Errc::key_unknown) return std::nullopt;
  if (answer.code != Errc::ok) object().fail(answer);
  return bytes_of(answer.values.at(0));
}

std::optional<std::pair<Bytes, Bytes>> RawDict::take_last() {
  const auto answer = object().call({.verb = Verb::pop});
  if (answer.code == Errc::key_unknown) return std::nullopt;
  if (answer.code != Errc::ok) object().fail(answer);
  return std::pair{bytes_of(answer.values.at(0)), bytes_of(answer.values.at(1))};
}

bool RawDict::has(std::string key) const {
  return proto::has_key(object().require({.verb = Verb::has, .values = {payload_of(std::move(key))}}));
}

std::vector<Bytes> RawDict::all(Part part) const {
  std::vector<Bytes> all;
  std::int64_t from = 0;
  do {
    const auto operands = client::operands::items_of_dict(static_cast<proto::DictParts>(part), from);
    const auto answer = object().require({.verb = Verb::items, .operands = operands});
    for (const auto& value : answer.values) all.push_back(bytes_of(value));
    from = proto::next_page(answer);
  } while (from != 0);
  return all;
}

Bytes RawDict::add_to(std::string key, std::string number, std::optional<std::string> start, NumberType type) {
  std::vector<proto::Payload> values{payload_of(std::move(key)), payload_of(std::move(number))};
  if (start) values.push_back(payload_of(std::move(*start)));
  const auto operands = client::operands::add_in_dict(static_cast<proto::NumberType>(type));
  const auto answer = object().require({.verb = Verb::add, .operands = operands, .values = std::move(values)});
  return bytes_of(answer.values.at(0));
}

std::int64_t RawDict::append_to(std::string key, std::string element) {
  return proto::length_of(
      object().require({.verb = Verb::append, .values = {payload_of(std::move(key)), payload_of(std::move(element))}}));
}

bool RawDict::exchange(std::string key, std::optional<std::string> expected, std::optional<std::string> desired) {
  const auto packed = [](std::optional<std::string>& value) {
    return value ? payload_of(std::move(*value)) : proto::Payload{};
  };
  const auto answer = object().call(
      {.verb = Verb::exchange, .values = {payload_of(std::move(key)), packed(expected), packed(desired)}});
  if (answer.code == Errc::value_differs) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return true;
}

std::optional<RawChanges> RawDict::changes_since(std::int64_t version, Wait wait) const {
  return wait_changes(object(), version, wait);
}

Watch RawDict::watch_raw(std::function<void(const RawChanges&)> callback) const {
  object();  // throws if the handle is empty
  return watch_object(object_, std::move(callback));
}

}  // namespace forkmill::detail
