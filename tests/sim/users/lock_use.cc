#include <forkmill/serialize.h>

#include <algorithm>

#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

namespace {

bool bounded(const Shared& semaphore) { return (semaphore.spec.flags & proto::kObjectBounded) != 0; }

// Names the units that a release gives back, as clients do.
void name_units(Operation& release, const std::vector<std::int64_t>& tokens) {
  release.a = -1;
  release.b = std::max<std::int64_t>(1, std::ssize(tokens));
  release.values = {Payload::own(pack_value(tokens))};
}

}  // namespace

void use_lock(ObjectCaller& caller, std::size_t shared) { caller.call(shared, caller.make(shared, Verb::acquire)); }

void use_semaphore(ObjectCaller& caller, std::size_t shared) {
  constexpr double kSurplus = 0.05;
  Random& random = caller.world().random;
  if (bounded(caller.objects().shared(shared)) || !random.chance(kSurplus)) return use_lock(caller, shared);
  Operation op = caller.make(shared, Verb::release);
  if (random.chance(0.5)) name_units(op, {});
  caller.call(shared, std::move(op));
}

void release_after_a_while(ObjectCaller& caller, const ObjectCall& acquired) {
  const Shared& shared = caller.objects().shared(acquired.shared);
  const bool recursive = (shared.spec.flags & proto::kObjectRecursive) != 0;
  World& world = caller.world();
  if (shared.role == Role::lock && recursive && !world.calm && world.random.chance(0.4)) {
    Operation again = acquired.op;
    caller.call(acquired.shared, std::move(again));
  }
  caller.hold([&caller, acquired] {
    const Shared& held = caller.objects().shared(acquired.shared);
    Random& random = caller.world().random;
    Operation op = acquired.op;
    op.verb = Verb::release;
    op.wait = milliseconds{0};
    op.a = acquired.answer.a;
    if (held.role == Role::semaphore && random.chance(0.5)) {
      name_units(op, {op.a});
      if (!bounded(held) && random.chance(0.1)) op.b += 2;
    }
    caller.call(acquired.shared, std::move(op), false);
  });
}

}  // namespace forkmill::sim
