#include <iterator>

#include "tests/sim/users/object_uses.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Verb;

void use_queue(ObjectCaller& caller, std::size_t shared) {
  Random& random = caller.world().random;
  const bool put = random.chance(0.55);
  Operation op = caller.make(shared, put ? Verb::put : Verb::get);
  if (put) {
    for (auto count = random.chance(0.5) ? 1 : random.between(1, 4); count > 0; --count)
      op.values.push_back(caller.values().payload());
  } else {
    op.a = static_cast<std::int64_t>(random.between(1, 3));
    op.b = caller.objects().shared(shared).approval ? 1 : 0;
  }
  caller.call(shared, std::move(op));
}

void use_joinable(ObjectCaller& caller, std::size_t shared) {
  Random& random = caller.world().random;
  if (!random.chance(0.15)) return use_queue(caller, shared);
  const Verb verb = random.chance(0.5) ? Verb::join : Verb::look;
  caller.call(shared, caller.make(shared, verb));
}

namespace {

void report_done(ObjectCaller& caller, const ObjectCall& got) {
  if (got.answer.values.empty()) return;
  caller.hold([&caller, got] {
    Operation op = got.op;
    op.verb = Verb::done;
    op.wait = milliseconds{0};
    op.a = std::ssize(got.answer.values);
    op.b = 0;
    caller.call(got.shared, std::move(op), false);
  });
}

void settle(ObjectCaller& caller, const ObjectCall& got) {
  caller.hold([&caller, got] {
    Operation op = got.op;
    op.verb = Verb::settle;
    op.wait = milliseconds{0};
    op.a = got.answer.a;
    op.b = caller.world().random.chance(0.75) ? 1 : 0;
    caller.call(got.shared, std::move(op), false);
  });
}

}  // namespace

void finish_items(ObjectCaller& caller, const ObjectCall& got) {
  if (caller.objects().shared(got.shared).role == Role::joinable) return report_done(caller, got);
  if (got.op.b != 0) settle(caller, got);
}

}  // namespace forkmill::sim
