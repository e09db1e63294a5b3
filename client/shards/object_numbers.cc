#include "client/shards/object_numbers.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace forkmill::client {

namespace {

// No broker gives a number with the highest bit, and the owners of a shard give none with the seven below it, until it
// has had sixteen million owners (broker/core/objects/directory.cc).
constexpr unsigned kShardAt = 56;
constexpr std::uint64_t kHasShard = std::uint64_t{1} << 63;
constexpr std::uint64_t kOfBroker = (std::uint64_t{1} << kShardAt) - 1;

std::uint64_t without_shard(std::uint64_t number) { return (number & kHasShard) == 0 ? number : number & kOfBroker; }

}  // namespace

std::uint32_t stated_shard_of(std::uint64_t number) {
  return (number & kHasShard) == 0 ? 0 : static_cast<std::uint32_t>((number & ~kHasShard) >> kShardAt);
}

std::uint32_t shard_of_object(std::uint64_t number) { return std::max(1U, stated_shard_of(number)); }

std::uint64_t ObjectNumbers::with_shard(std::uint64_t number) const {
  return kHasShard | std::uint64_t{shard_} << kShardAt | (number & kOfBroker);
}

void ObjectNumbers::to_shard(Request& request) {
  auto* operate = std::get_if<OperateObject>(&request);
  if (operate == nullptr) return;
  proto::Operation& operation = operate->operation;
  operation.object = without_shard(operation.object);
  if (operation.spec) operation.spec->other = without_shard(operation.spec->other);
  for (proto::LoanInValue& loan : operation.loans) loan.pipe = without_shard(loan.pipe);
}

void ObjectNumbers::add_to(proto::Message& message) const {
  const auto add = [this](std::vector<proto::LoanInValue>& loans) {
    for (proto::LoanInValue& loan : loans) loan.pipe = with_shard(loan.pipe);
  };
  if (auto* results = std::get_if<proto::Results>(&message)) return add(results->loans);
  if (auto* operated = std::get_if<proto::Operated>(&message))
    for (proto::OperationAnswer& answer : operated->answers) add(answer.loans);
}

void ObjectNumbers::add_to(Effects& effects) const {
  for (Effects::Operated& one : effects.operated) {
    if (!one.has_opened) continue;
    one.answer.a = static_cast<std::int64_t>(with_shard(static_cast<std::uint64_t>(one.answer.a)));
  }
}

}  // namespace forkmill::client
