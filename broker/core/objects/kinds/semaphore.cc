#include "broker/core/objects/kinds/semaphore.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Verb;

namespace {

bool read_tokens(const std::vector<proto::Payload>& values, std::vector<std::int64_t>& tokens) {
  if (values.size() != 1) return false;
  try {
    tokens = unpack_value<std::vector<std::int64_t>>(values[0].view());
  } catch (const DecodeError&) {
    return false;
  }
  std::sort(tokens.begin(), tokens.end());
  return std::adjacent_find(tokens.begin(), tokens.end()) == tokens.end();
}

}  // namespace

std::optional<Answer> Semaphore::attempt(Call& call) {
  switch (call.op.verb) {
    case Verb::acquire:
      if (value_ == 0) return std::nullopt;
      --value_;
      held_[call.client].push_back(++token_);
      host.note_holding(call.client, id());
      dirty = true;
      return done(token_, 1);
    case Verb::release:
      return release(call);
    case Verb::look:
      return done(value_);
    default:
      return wrong_verb();
  }
}

// A release that names tokens fails with lease_lost if one of them is no longer the client's. A release with kAnyToken
// gives back the oldest units that the client has.
Answer Semaphore::release(const Call& call) {
  const std::int64_t token = token_to_release(call.op);
  std::vector<std::int64_t> named;
  if (token > 0) named = {token};
  if (token < 0 && !read_tokens(call.op.values, named)) return bad_request("an array of distinct tokens is needed");
  const std::int64_t many = token > 0 ? 1 : std::max<std::int64_t>(1, units_to_release(call.op));
  if (std::ssize(named) > many) return bad_request("there are more tokens than units to be released");

  const auto mine = held_.find(call.client);
  for (const std::int64_t one : named)
    if (mine == held_.end() || !std::binary_search(mine->second.begin(), mine->second.end(), one)) {
      if (!proto::mutant(proto::Mutant::lost_unit_taken)) return failed(Errc::lease_lost);
      named.clear();
      break;
    }
  if (many > most() - value_) return failed(Errc::over_released);
  if (mine != held_.end()) {
    auto& tokens = mine->second;
    if (token == proto::kAnyToken)
      tokens.erase(tokens.begin(), tokens.begin() + std::min<std::ptrdiff_t>(many, std::ssize(tokens)));
    for (const std::int64_t one : named) tokens.erase(std::lower_bound(tokens.begin(), tokens.end(), one));
    if (tokens.empty()) held_.erase(mine);
  }
  value_ += many;
  dirty = true;
  return done(value_);
}

std::int64_t Semaphore::most() const {
  return (spec().flags & proto::kObjectBounded) != 0 ? spec().size : std::numeric_limits<std::int64_t>::max();
}

void Semaphore::client_gone(ClientHandle client) {
  const auto mine = held_.find(client);
  if (mine == held_.end()) return;
  // Other clients may have released units in its place, so that there is no room for all of them.
  const auto back = std::min<std::int64_t>(std::ssize(mine->second), most() - value_);
  if (!proto::mutant(proto::Mutant::units_kept_by_the_gone)) value_ += back;
  held_.erase(mine);
  dirty = true;
}

void Semaphore::client_left(ClientHandle client) {
  if ((spec().flags & proto::kObjectKept) == 0) return client_gone(client);
  dirty = held_.erase(client) > 0 || dirty;
}

std::vector<Object::Hold> Semaphore::holders() const {
  std::vector<Hold> rows;
  rows.reserve(held_.size());
  for (const auto& [client, tokens] : held_) rows.push_back({client, 0, std::ssize(tokens), tokens.back()});
  return rows;
}

void Semaphore::save(Packer& packer) const {
  packer.pack_array(3);
  packer.pack(value_);
  packer.pack(token_);
  packer.pack_map(static_cast<std::uint32_t>(held_.size()));
  for (const auto& [client, tokens] : held_) {
    packer.pack(client.value());
    packer.pack(tokens);
  }
}

void Semaphore::load(const msgpack::object& state) {
  const auto [value, token, held] =
      state.as<std::tuple<std::int64_t, std::int64_t, std::map<std::uint64_t, std::deque<std::int64_t>>>>();
  if (value < 0 || value > most()) throw msgpack::type_error{};
  for (const auto& [client, tokens] : held)
    if (tokens.empty() || !std::is_sorted(tokens.begin(), tokens.end())) throw msgpack::type_error{};
  value_ = value;
  token_ = token;
  for (const auto& [client, tokens] : held) held_[ClientHandle{client}] = tokens;
}

std::vector<ClientHandle> Semaphore::holding_clients() const {
  std::vector<ClientHandle> all;
  all.reserve(held_.size());
  for (const auto& [client, tokens] : held_) all.push_back(client);
  return all;
}

}  // namespace forkmill::broker
