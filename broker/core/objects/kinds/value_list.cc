#include "broker/core/objects/kinds/value_list.h"

#include <algorithm>
#include <iterator>

#include "broker/core/objects/base/record_packing.h"
#include "broker/core/objects/kinds/values.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Payload;
using proto::Verb;

namespace {

Answer fixed_length() { return failed(Errc::wrong_verb, "its length is fixed"); }
Answer no_index() { return failed(Errc::index_unknown); }

// Returns the place of an element of `values`; negative indices count from the end. None: there is no such element.
std::optional<std::size_t> place_of(std::int64_t index, const std::vector<Payload>& values) {
  const auto length = std::ssize(values);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  return static_cast<std::size_t>(index);
}

}  // namespace

// A list of fixed length begins with zeros, unless the client that makes it says what it begins as.
ValueList::ValueList(ObjectId id, proto::ObjectSpec spec, ObjectHost& object_host)
    : Object{id, std::move(spec), object_host} {
  if (fixed()) values_.assign(static_cast<std::size_t>(this->spec().size), Payload::copy(std::string_view{"\0", 1}));
  bytes_ = values_.size();
}

void ValueList::begin_as(const Call& made) {
  values_.assign(values_.size(), made.op.values[0]);
  bytes_ = values_.size() * made.op.values[0].size();
}

std::optional<Answer> ValueList::attempt(Call& call) {
  const std::size_t count = call.op.values.size();
  switch (call.op.verb) {
    case Verb::fetch:
      return fetch(call);
    case Verb::store:
      return store(call);
    case Verb::erase:
      return fixed() ? fixed_length() : erase(call);
    case Verb::has:
      return count == 1 ? has(call) : bad_request("one value is needed");
    case Verb::items:
      return items(call);
    case Verb::add:
      return count == 1 ? add(call) : bad_request("one number is needed");
    case Verb::append:
      return fixed() ? fixed_length() : append_all(call);
    case Verb::insert:
      return fixed() ? fixed_length() : insert(call);
    case Verb::exchange:
      return count == 2 ? exchange(call) : bad_request("two values are needed");
    case Verb::pop:
      return fixed() ? fixed_length() : pop(call);
    case Verb::clear:
      return fixed() ? fixed_length() : clear();
    case Verb::set:
      return arrange(call);
    case Verb::watch:
      return changes_.since(known_version(call.op));
    case Verb::look:
      return done(std::ssize(values_), changes_.version());
    default:
      return wrong_verb();
  }
}

bool ValueList::has_room(const Call& call) const { return bytes_ + call.bytes() <= max_list_bytes(durable()); }

void ValueList::put(std::size_t index, Payload value) {
  bytes_ += value.size();
  bytes_ -= values_[index].size();
  values_[index] = std::move(value);
  dirty = true;
  changes_.note(std::to_string(index));
}

Answer ValueList::fetch(const Call& call) {
  const auto first = place_of(index_of(call.op), values_);
  if (!first) return no_index();
  const auto many = static_cast<std::size_t>(std::max<std::int64_t>(1, element_count(call.op)));
  if (many > values_.size() - *first) return no_index();
  Page page;
  for (std::size_t at = *first; at < *first + many; ++at) {
    if (!page.has_room(values_[at].size())) return bad_request("they are more than one answer takes: ask for items");
    page.values.push_back(values_[at]);
  }
  return done(0, changes_.version(), std::move(page.values));
}

Answer ValueList::items(const Call& call) {
  Page page;
  for (auto at = static_cast<std::size_t>(std::max<std::int64_t>(0, page_start(call.op))); at < values_.size(); ++at) {
    if (!page.has_room(values_[at].size()))
      return done(static_cast<std::int64_t>(at), changes_.version(), std::move(page.values));
    page.values.push_back(values_[at]);
  }
  return done(0, changes_.version(), std::move(page.values));
}

Answer ValueList::store(const Call& call) {
  if (expected_version(call.op) != 0 && expected_version(call.op) != changes_.version())
    return failed(Errc::value_differs);
  const auto first = place_of(index_of(call.op), values_);
  if (!first || call.op.values.size() > values_.size() - *first) return no_index();
  if (!has_room(call)) return no_room("list");
  for (std::size_t i = 0; i < call.op.values.size(); ++i) put(*first + i, call.op.values[i]);
  return done(0, changes_.version());
}

Answer ValueList::erase(const Call& call) {
  const auto first = place_of(index_of(call.op), values_);
  const std::int64_t many = std::max<std::int64_t>(1, element_count(call.op));
  if (!first || static_cast<std::size_t>(many) > values_.size() - *first) return no_index();
  const auto begin = values_.begin() + static_cast<std::ptrdiff_t>(*first);
  for (auto one = begin; one != begin + many; ++one) bytes_ -= one->size();
  values_.erase(begin, begin + many);
  changes_.note_all();  // the later elements have other indices now
  dirty = true;
  return done(many, changes_.version());
}

Answer ValueList::has(const Call& call) const {
  const auto found = std::find(values_.begin(), values_.end(), call.op.values[0]);
  const std::int64_t many = std::count(values_.begin(), values_.end(), call.op.values[0]);
  return done(found == values_.end() ? -1 : found - values_.begin(), many);
}

Answer ValueList::add(const Call& call) {
  const auto index = place_of(index_of(call.op), values_);
  if (!index) return no_index();
  auto total = sum(values_[*index], call.op.values[0], proto::type_of_sum(call.op));
  if (!total.ok()) return failed(total.failure());
  put(*index, total.value());
  return done(0, changes_.version(), {std::move(total.value())});
}

Answer ValueList::append_all(Call& call) {
  if (!has_room(call)) return no_room("list");
  for (Payload& value : call.op.values) {
    values_.emplace_back();
    put(values_.size() - 1, std::move(value));
  }
  return done(std::ssize(values_), changes_.version());
}

// Inserts before the index. An index beyond the end means the end, as in Python.
Answer ValueList::insert(Call& call) {
  if (!has_room(call)) return no_room("list");
  const auto length = std::ssize(values_);
  const std::int64_t wanted = index_of(call.op);
  const std::int64_t index = wanted < 0 ? std::max<std::int64_t>(0, wanted + length) : std::min(wanted, length);
  bytes_ += call.bytes();
  values_.insert(values_.begin() + index, std::make_move_iterator(call.op.values.begin()),
                 std::make_move_iterator(call.op.values.end()));
  changes_.note_all();
  dirty = true;
  return done(std::ssize(values_), changes_.version());
}

Answer ValueList::exchange(const Call& call) {
  const auto index = place_of(index_of(call.op), values_);
  if (!index) return no_index();
  if (values_[*index] != call.op.values[0]) {
    Answer answer = failed(Errc::value_differs);
    answer.values.push_back(values_[*index]);
    return answer;
  }
  if (call.op.values[1].empty()) return fixed() ? fixed_length() : pop(call);
  if (!has_room(call)) return no_room("list");
  put(*index, call.op.values[1]);
  return done(0, changes_.version());
}

Answer ValueList::pop(const Call& call) {
  const auto index = place_of(index_of(call.op), values_);
  if (!index) return no_index();
  std::vector<Payload> value{std::move(values_[*index])};
  bytes_ -= value[0].size();
  values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(*index));
  changes_.note_all();
  dirty = true;
  return done(0, changes_.version(), std::move(value));
}

Answer ValueList::clear() {
  values_.clear();
  bytes_ = 0;
  changes_.note_all();
  dirty = true;
  return done(0, changes_.version());
}

// Puts the elements in another order, as one change.
Answer ValueList::arrange(const Call& call) {
  if (expected_version(call.op) != 0 && expected_version(call.op) != changes_.version())
    return failed(Errc::value_differs);
  const auto order = proto::order_in(call.op.values);
  if (order.size() != values_.size()) return bad_request("as many indices are needed as there are elements");
  std::vector<bool> seen(values_.size());
  for (const std::uint32_t index : order) {
    if (index >= values_.size() || seen[index]) return bad_request("each index is needed once");
    seen[index] = true;
  }
  std::vector<Payload> arranged;
  arranged.reserve(values_.size());
  for (const std::uint32_t index : order) arranged.push_back(std::move(values_[index]));
  values_ = std::move(arranged);
  changes_.note_all();
  dirty = true;
  return done(0, changes_.version());
}

void ValueList::save(Packer& packer) const {
  packer.pack_array(2);
  packer.pack(changes_.version());
  packer.pack_array(static_cast<std::uint32_t>(values_.size()));
  for (const Payload& value : values_) pack_payload(packer, value);
}

void ValueList::load(const msgpack::object& state) {
  const auto [version, values] = state.as<std::tuple<std::int64_t, std::vector<msgpack::type::raw_ref>>>();
  changes_.start_at(version);
  values_.clear();
  bytes_ = 0;
  for (const auto& value : values) {
    values_.push_back(Payload::copy({value.ptr, value.size}));
    bytes_ += value.size;
  }
}

}  // namespace forkmill::broker
