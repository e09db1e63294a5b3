#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Verb;

void use_pipe(ObjectCaller& caller, std::size_t shared) {
  Random& random = caller.world().random;
  const std::int64_t ends = caller.objects()[shared].ends;
  const std::int64_t end = ends == 3 ? static_cast<std::int64_t>(random.below(2)) : ends - 1;
  const bool one_way = (caller.objects().shared(shared).spec.flags & proto::kObjectOneWay) != 0;
  const double roll = random.unit();
  Operation op = caller.make(shared, roll < 0.45 ? Verb::send : roll < 0.9 ? Verb::receive : Verb::poll);
  if (roll > 0.97) op.verb = Verb::close;
  if (one_way && op.verb != Verb::close) op.verb = end == 1 ? Verb::send : Verb::receive;
  op.a = end;
  if (op.verb == Verb::send)
    for (auto count = random.between(1, 3); count > 0; --count) op.values.push_back(caller.values().payload());
  if (op.verb == Verb::receive) op.b = static_cast<std::int64_t>(random.between(1, 3));
  if (op.verb == Verb::close) caller.objects()[shared].ends &= ~(std::int64_t{1} << end);
  caller.call(shared, std::move(op));
}

}  // namespace forkmill::sim
