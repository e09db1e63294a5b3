#include <forkmill/list.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "client/objects/opening.h"
#include "client/objects/values.h"
#include "client/objects/watch.h"

namespace forkmill::detail {

using client::bytes_of;
using client::Object;
using client::ObjectKind;
using client::payload_of;
using client::payloads_of;
using client::Verb;

RawList::RawList(std::string_view name, std::int64_t length, bool fixed, std::uint64_t type,
                 const ObjectOptions& options, std::string initial)
    : Handle{[&] {
        if (length < 0) throw std::invalid_argument{"an array of length " + std::to_string(length) + ", below 0"};
        const auto flags = fixed ? proto::kObjectFixed : 0;
        return client::open_object(options, client::spec_of_elements(ObjectKind::list, name, type, length, flags), 0,
                                   initial);
      }()} {
  // A broker that does not know initial values has made zeros. An array of them reads as T{}; a value is stored, unless
  // another client was faster.
  if (!initial.empty() && length == 1 && object().zeroed()) exchange(0, std::string{kZero}, std::move(initial));
}
RawList::RawList(const Ticket& ticket, std::uint64_t type)
    : Handle{client::open_object(ticket, ObjectKind::list, type)} {}

RawList::Length RawList::length() const {
  const auto answer = object().require({.verb = Verb::look});
  return {proto::length_of(answer), proto::version_of(answer)};
}
std::int64_t RawList::size() const { return proto::length_of(object().require({.verb = Verb::look})); }
std::int64_t RawList::version() const { return proto::version_of(object().require({.verb = Verb::look})); }
void RawList::drop_all() { object().require({.verb = Verb::clear}); }

std::vector<Bytes> RawList::fetch(std::int64_t index, std::int64_t count) const {
  return bytes_of(object().require({.verb = Verb::fetch, .operands = client::operands::elements(index, count)}).values);
}

RawList::All RawList::all() const {
  for (;;) {
    All all;
    std::int64_t from = 0;
    bool same = true;
    do {
      const auto answer = object().require({.verb = Verb::items, .operands = client::operands::items_of_list(from)});
      const auto version = proto::version_of(answer);
      same = from == 0 || version == all.version;
      all.version = version;
      for (const auto& value : answer.values) all.values.push_back(bytes_of(value));
      from = proto::next_page(answer);
    } while (same && from != 0);
    if (same) return all;
  }
}

// Stores in messages of moderate size, the last one first: an unknown index is found before anything is changed.
void RawList::store(std::int64_t index, std::vector<std::string> values) {
  std::vector<std::size_t> begins{0};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (bytes >= proto::limits::kBatchBytes || i - begins.back() >= proto::limits::kMaxRecords / 2) {
      begins.push_back(i);
      bytes = 0;
    }
    bytes += values[i].size();
  }
  constexpr std::int64_t kLongest = std::int64_t{1} << 40;  // no list is as long
  if ((index < 0 || index > kLongest) && begins.size() > 1) {
    const std::int64_t length = size();
    if (index < 0 && index + length >= 0) {
      index += length;
    } else {  // the broker refuses the first message for its index; no other one may be sent
      values.resize(begins[1]);
      begins = {0};
    }
  }
  for (; !begins.empty(); begins.pop_back()) {
    std::vector<proto::Payload> batch;
    for (std::size_t i = begins.back(); i < values.size(); ++i) batch.push_back(payload_of(std::move(values[i])));
    values.resize(begins.back());
    const auto at = client::operands::at_index(index + static_cast<std::int64_t>(begins.back()));
    object().require({.verb = Verb::store, .operands = at, .values = std::move(batch)});
  }
}

bool RawList::arrange(std::int64_t version, const std::vector<std::uint32_t>& order) {
  const auto answer = object().call({.verb = Verb::set,
                                     .operands = client::operands::order_at_version(version),
                                     .values = proto::payloads_of_order(order)});
  if (answer.code == Errc::wrong_verb) return rewrite(version, order);
  if (answer.code == Errc::value_differs) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return true;
}

// For brokers that do not know how to arrange a list: in one message.
bool RawList::rewrite(std::int64_t version, const std::vector<std::uint32_t>& order) {
  const auto all = this->all();
  if (all.version != version) return false;
  std::vector<proto::Payload> values;
  values.reserve(order.size());
  for (const auto index : order) values.push_back(proto::Payload::copy(all.values.at(index).view));
  const auto answer = object().call(
      {.verb = Verb::store, .operands = client::operands::store_at_version(version), .values = std::move(values)});
  if (answer.code == Errc::value_differs) return false;
  if (answer.code != Errc::ok) object().fail(answer);
  return true;
}

// Appends in messages of moderate size. Each of them is one change.
void RawList::append_all(std::vector<std::string> values) {
  object();  // throws if the handle is empty
  std::vector<proto::Payload> batch;
  std::size_t bytes = 0;
  for (auto& value : values) {
    bytes += value.size();
    batch.push_back(payload_of(std::move(value)));
    if (bytes < proto::limits::kBatchBytes && batch.size() < proto::limits::kMaxRecords / 2) continue;
    object().require({.verb = Verb::append, .values = std::exchange(batch, {})});
    bytes = 0;
  }
  if (!batch.empty()) object().require({.verb = Verb::append, .values = std::move(batch)});
}

void RawList::insert_at(std::int64_t index, std::string value) {
  object().require(
      {.verb = Verb::insert, .operands = client::operands::at_index(index), .values = {payload_of(std::move(value))}});
}

void RawList::erase_at(std::int64_t index, std::int64_t count) {
  if (count < 1) throw std::invalid_argument{"erase of " + std::to_string(count) + " elements"};
  object().require({.verb = Verb::erase, .operands = client::operands::elements(index, count)});
}

Bytes RawList::take(std::int64_t index) {
  return bytes_of(object().require({.verb = Verb::pop, .operands = client::operands::at_index(index)}).values.at(0));
}

std::pair<std::int64_t, std::int64_t> RawList::search(std::string value) const {
  const auto answer = object().require({.verb = Verb::has, .values = {payload_of(std::move(value))}});
  return {proto::found_at(answer), proto::times_found(answer)};
}

// Searches for the value, and removes it if it is there still: otherwise searches again.
bool RawList::take_value(const std::string& value) {
  for (;;) {
    const auto found = search(value).first;
    if (found < 0) return false;
    const auto answer = object().call(
        {.verb = Verb::exchange, .operands = client::operands::at_index(found), .values = {payload_of(value), {}}});
    if (answer.code == Errc::ok) return true;
    if (answer.code != Errc::value_differs && answer.code != Errc::index_unknown) object().fail(answer);
  }
}

Bytes RawList::add_to(std::int64_t index, std::string number, NumberType type) {
  const auto operands = client::operands::add_at(index, static_cast<proto::NumberType>(type));
  const auto answer =
      object().require({.verb = Verb::add, .operands = operands, .values = {payload_of(std::move(number))}});
  return bytes_of(answer.values.at(0));
}

std::optional<Bytes> RawList::exchange(std::int64_t index, std::string expected, std::string desired) {
  const auto answer = object().call({.verb = Verb::exchange,
                                     .operands = client::operands::at_index(index),
                                     .values = {payload_of(std::move(expected)), payload_of(std::move(desired))}});
  if (answer.code == Errc::ok) return std::nullopt;
  if (answer.code != Errc::value_differs || answer.values.empty()) object().fail(answer);
  return bytes_of(answer.values[0]);
}

std::optional<RawChanges> RawList::changes_since(std::int64_t version, Wait wait) const {
  return wait_changes(object(), version, wait);
}

Watch RawList::watch_raw(std::function<void(const RawChanges&)> callback) const {
  object();  // throws if the handle is empty
  return watch_object(object_, std::move(callback));
}

RLock RawList::lock_beside() const { return RLock{name() + ":lock", object()}; }

}  // namespace forkmill::detail
