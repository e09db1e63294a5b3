#include "broker/core/objects/spec.h"

#include <limits>

#include "broker/core/objects/base/names.h"
#include "proto/names.h"
#include "proto/session/rights.h"
#include "proto/session/shards.h"

namespace forkmill::broker {

using namespace proto;

namespace {

Status differs(const ObjectSpec& has, const std::string& how) {
  return {Errc::object_differs, "'" + has.name + "' is " + how};
}

}  // namespace

Status check_spec(const ObjectSpec& spec, const Object* other) {
  constexpr std::int64_t kMaxElements = std::int64_t{1} << 20;
  if (!is_name(spec.name)) return {Errc::name_invalid, "object name '" + spec.name.substr(0, 200) + "'"};
  const bool fixed = (spec.flags & kObjectFixed) != 0;
  constexpr std::int64_t kMaxParties = std::numeric_limits<std::int64_t>::max() / 4;  // twice as many is a number
  if (spec.size < -1 || (spec.kind == ObjectKind::barrier && (spec.size == 0 || spec.size > kMaxParties)) ||
      (spec.kind == ObjectKind::list && fixed && spec.size > kMaxElements)) {
    return {Errc::option_out_of_range,
            "a " + std::string{kind_name(spec.kind)} + " of size " + std::to_string(spec.size) + " cannot be"};
  }
  if (spec.kind == ObjectKind::pipe && spec.durability == Durability::durable)
    return {Errc::option_out_of_range, "a pipe lives in memory only: use a queue"};
  if (spec.kind == ObjectKind::lock && spec.other != 0 && other == nullptr)
    return {Errc::object_unknown, "the object that this lock belongs to was removed"};
  if (spec.kind == ObjectKind::condition && (other == nullptr || other->spec().kind != ObjectKind::lock))
    return {Errc::object_unknown, "a condition needs a lock"};
  return {};
}

Status check_shard(const ObjectSpec& spec, const Identity& identity) {
  const bool goes_anywhere =
      identity.shards <= 1 || (spec.flags & kObjectPlaced) != 0 || spec.other != 0 || is_unnamed(spec.name);
  const std::uint32_t shard = goes_anywhere ? identity.shard : shard_of(spec.name, identity.shards);
  if (shard == identity.shard) return {};
  return {Errc::bad_request, "'" + spec.name + "' lives on shard " + std::to_string(shard) + ", and this is shard " +
                                 std::to_string(identity.shard) +
                                 ": the program that opens it here needs a newer forkmill"};
}

Status check_initial(const ObjectSpec& spec, const std::vector<Payload>& values, bool stores) {
  if (values.empty()) return {};
  if (spec.kind != ObjectKind::list || (spec.flags & kObjectFixed) == 0 || values.size() != 1 || values[0].empty())
    return {Errc::bad_request, "one value, for the elements of a list of fixed length"};
  const bool durable = stores && spec.durability == Durability::durable;
  if (spec.size > 0 && values[0].size() > max_list_bytes(durable) / static_cast<std::size_t>(spec.size))
    return {Errc::object_full, std::to_string(spec.size) + " elements of " + std::to_string(values[0].size()) +
                                   " bytes are more than a list may hold"};
  return {};
}

std::size_t initial_bytes(const ObjectSpec& spec, const std::vector<Payload>& values) {
  if (spec.kind != ObjectKind::list || (spec.flags & kObjectFixed) == 0 || spec.size <= 0) return 0;
  return static_cast<std::size_t>(spec.size) * (values.empty() ? 1 : values[0].size());
}

Status check_same(const ObjectSpec& has, const ObjectSpec& wanted) {
  if (has.kind != wanted.kind)
    return differs(has, "a " + std::string{kind_name(has.kind)} + ", not a " + std::string{kind_name(wanted.kind)});
  if (has.type != 0 && wanted.type != 0 && has.type != wanted.type) return differs(has, "one of other elements");
  if (wanted.size >= 0 && has.size != wanted.size)
    return differs(has, "of size " + std::to_string(has.size) + ", not " + std::to_string(wanted.size));
  const std::int64_t flags = (has.flags ^ wanted.flags) & kObjectIdentity;
  if ((flags & kObjectRecursive) != 0) return differs(has, "the other kind of lock: one of them is recursive");
  if ((flags & kObjectBounded) != 0) return differs(has, "the other kind of semaphore: one of them is bounded");
  if ((flags & kObjectFixed) != 0) return differs(has, "the other kind of list: one of them has a fixed length");
  if ((flags & kObjectOneWay) != 0) return differs(has, "the other kind of pipe: one of them is one-way");
  if (has.kind == ObjectKind::condition && has.other != wanted.other)
    return differs(has, "the condition of another lock");
  return {};
}

}  // namespace forkmill::broker
