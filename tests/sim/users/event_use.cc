#include <utility>

#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Verb;

void use_event(ObjectCaller& caller, std::size_t shared) {
  constexpr Verb kVerbs[] = {Verb::set, Verb::clear, Verb::wait, Verb::wait};
  const Verb verb = kVerbs[caller.world().random.below(4)];
  caller.call(shared, caller.make(shared, verb));
}

void use_barrier(ObjectCaller& caller, std::size_t shared) {
  Random& random = caller.world().random;
  const bool mend = std::exchange(caller.objects()[shared].broken, false) || random.chance(0.03);
  Operation op = caller.make(shared, mend ? Verb::reset : Verb::wait);
  const bool acts = (caller.objects().shared(shared).spec.flags & proto::kObjectActs) != 0;
  op.b = !mend && random.chance(acts ? 0.6 : 0.2) ? 1 : 0;
  caller.call(shared, std::move(op), !mend);
}

void run_action(ObjectCaller& caller, const ObjectCall& waited) {
  caller.hold([&caller, waited] {
    Operation op = caller.make(waited.shared, Verb::acted);
    op.object = waited.op.object;
    op.a = caller.world().random.chance(0.85) ? 1 : 0;
    op.b = waited.answer.b;
    caller.call(waited.shared, std::move(op), false);
  });
}

}  // namespace forkmill::sim
