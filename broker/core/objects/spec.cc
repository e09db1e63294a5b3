#include "broker/core/objects/spec.h"

#include "proto/names.h"

namespace forkmill::broker {

using namespace proto;

std::optional<Failure> trouble_with(const ObjectSpec& spec, const Object* other) {
  constexpr std::int64_t kMaxElements = std::int64_t{1} << 20;
  if (!is_name(spec.name)) return Failure{Errc::name_invalid, "object name '" + spec.name.substr(0, 200) + "'"};
  const bool fixed = (spec.flags & kObjectFixed) != 0;
  if (spec.size < -1 || (spec.kind == ObjectKind::barrier && spec.size == 0) ||
      (spec.kind == ObjectKind::list && fixed && spec.size > kMaxElements)) {
    return Failure{Errc::option_out_of_range,
                   "a " + std::string{kind_name(spec.kind)} + " of size " + std::to_string(spec.size) + " cannot be"};
  }
  if (spec.kind == ObjectKind::pipe && spec.durability == Durability::durable)
    return Failure{Errc::option_out_of_range, "a pipe lives in memory only: use a queue"};
  if (spec.kind == ObjectKind::condition && (other == nullptr || other->spec().kind != ObjectKind::lock))
    return Failure{Errc::object_unknown, "a condition needs a lock"};
  return std::nullopt;
}

std::optional<std::string> difference(const ObjectSpec& has, const ObjectSpec& wanted) {
  if (has.kind != wanted.kind)
    return "a " + std::string{kind_name(has.kind)} + ", not a " + std::string{kind_name(wanted.kind)};
  if (has.type != 0 && wanted.type != 0 && has.type != wanted.type) return "one of other elements";
  if (wanted.size >= 0 && has.size != wanted.size)
    return "of size " + std::to_string(has.size) + ", not " + std::to_string(wanted.size);
  const std::int64_t flags = (has.flags ^ wanted.flags) & kObjectIdentity;
  if ((flags & kObjectRecursive) != 0) return "the other kind of lock: one of them is recursive";
  if ((flags & kObjectBounded) != 0) return "the other kind of semaphore: one of them is bounded";
  if ((flags & kObjectFixed) != 0) return "the other kind of list: one of them has a fixed length";
  if ((flags & kObjectOneWay) != 0) return "the other kind of pipe: one of them is one-way";
  if (has.kind == ObjectKind::condition && has.other != wanted.other) return "the condition of another lock";
  return std::nullopt;
}

}  // namespace forkmill::broker
