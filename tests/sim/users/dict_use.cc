#include <forkmill/serialize.h>

#include <algorithm>
#include <iterator>

#include "proto/wire/operands.h"
#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

namespace {

constexpr std::size_t kKeys = 5;

Payload key_payload(std::size_t number) { return Payload::own("key-" + std::to_string(number)); }
Payload number_payload(std::int64_t number) { return Payload::own(pack_value(number)); }

// The version that a watcher knows: that of the latest answer, or one of the past.
std::int64_t known_version(ObjectCaller& caller, std::size_t shared) {
  const std::int64_t version = caller.objects()[shared].version;
  const auto past = static_cast<std::int64_t>(caller.world().random.between(0, 2));
  return std::max<std::int64_t>(0, version - past);
}

}  // namespace

void use_counter(ObjectCaller& caller, std::size_t shared) {
  Operation op = caller.make(shared, Verb::add);
  op.values = {Payload::own(kValueKey), number_payload(1), number_payload(0)};
  caller.call(shared, std::move(op));
}

void use_cell(ObjectCaller& caller, std::size_t shared) {
  Operation op = caller.make(shared, Verb::exchange);
  op.values = {Payload::own(kValueKey), caller.objects()[shared].cell, caller.values().payload()};
  caller.call(shared, std::move(op));
}

void use_table(ObjectCaller& caller, std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::store, Verb::store, Verb::erase, Verb::insert, Verb::append, Verb::exchange,
                             Verb::pop,   Verb::pop,   Verb::fetch, Verb::fetch,  Verb::items,  Verb::look,
                             Verb::watch, Verb::watch, Verb::has,   Verb::clear};
  Random& random = caller.world().random;
  const bool rarely = random.chance(0.1);
  Operation op = caller.make(shared, kVerbs[random.below(std::size(kVerbs) - (rarely ? 0 : 1))]);
  const std::size_t key = random.below(kKeys);
  switch (op.verb) {
    case Verb::store:
      for (std::size_t i = 0; i < random.between(1, 3); ++i)
        op.values.insert(op.values.end(), {key_payload((key + i) % kKeys), caller.values().payload()});
      break;
    case Verb::insert:
      op.values = {key_payload(key), caller.values().payload()};
      break;
    case Verb::append:
      op.values = {Payload::own("array"), number_payload(static_cast<std::int64_t>(caller.values().number()))};
      break;
    case Verb::exchange:
      op.values = {key_payload(key), random.chance(0.5) ? caller.objects()[shared].cell : Payload{},
                   random.chance(0.8) ? caller.values().payload() : Payload{}};
      break;
    case Verb::pop:
      if (random.chance(0.5)) op.values = {key_payload(key)};
      break;
    case Verb::erase:
    case Verb::fetch:
    case Verb::has:
      op.values = {key_payload(key)};
      break;
    case Verb::items:
      op.a = 3;
      break;
    case Verb::watch:
      op.a = known_version(caller, shared);
      break;
    default:
      break;
  }
  caller.call(shared, std::move(op));
}

void use_list(ObjectCaller& caller, std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::append, Verb::append, Verb::append, Verb::insert,   Verb::store, Verb::erase,
                             Verb::pop,    Verb::fetch,  Verb::fetch,  Verb::exchange, Verb::items, Verb::look,
                             Verb::watch,  Verb::watch,  Verb::set,    Verb::clear};
  Random& random = caller.world().random;
  const bool rarely = random.chance(0.1);
  Operation op = caller.make(shared, kVerbs[random.below(std::size(kVerbs) - (rarely ? 0 : 1))]);
  op.a = static_cast<std::int64_t>(random.below(6)) - 2;
  switch (op.verb) {
    case Verb::append:
      for (auto count = random.between(1, 3); count > 0; --count) op.values.push_back(caller.values().payload());
      break;
    case Verb::insert:
    case Verb::store:
      op.values = {caller.values().payload()};
      break;
    case Verb::exchange:
      op.values = {caller.objects()[shared].cell, caller.values().payload()};
      break;
    case Verb::watch:
      op.a = known_version(caller, shared);
      break;
    case Verb::set: {  // the order reversed, of a list as long as the number
      std::vector<std::uint32_t> order;
      for (auto left = static_cast<std::uint32_t>(random.between(2, 4)); left > 0; --left) order.push_back(left - 1);
      op.values = proto::payloads_of_order(order);
      op.b = random.chance(0.5) ? caller.objects()[shared].version : 0;
      break;
    }
    default:
      break;
  }
  caller.call(shared, std::move(op));
}

}  // namespace forkmill::sim
