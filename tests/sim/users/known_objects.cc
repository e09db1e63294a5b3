#include "tests/sim/users/known_objects.h"

namespace forkmill::sim {

using proto::Verb;

void KnownObjects::learn_from_error(const ObjectCall& call) {
  Known& known = known_[call.shared];
  const Errc code = call.answer.code;
  if (code == Errc::object_unknown && known.number == call.op.object) known = {};
  if (code == Errc::barrier_broken) known.broken = true;
  if (call.is(Verb::exchange) && code == Errc::value_differs)
    known.cell = call.answer.values.empty() ? proto::Payload{} : call.answer.values[0];
  if (code == Errc::end_of_stream && known.ends == 0) known = {};
}

void KnownObjects::learn(const ObjectCall& call) {
  if (!call.ok()) return learn_from_error(call);
  Known& known = known_[call.shared];
  const Role role = shared_[call.shared].role;
  if (call.is(Verb::open)) known.ends = role == Role::pipe ? call.op.a : 0;
  if (call.is(Verb::exchange)) known.cell = call.op.values.back();
  if (role != Role::table && role != Role::list) return;
  if (call.answer.b != 0) known.version = call.answer.b;
  if (call.is(Verb::fetch) && !call.answer.values.empty()) known.cell = call.answer.values[0];
}

}  // namespace forkmill::sim
