#include "client/objects/readiness.h"

#include "client/futures/log.h"

namespace forkmill::client {

using detail::Ref;
using detail::State;

Ref<State> ObjectReadiness::begin(bool at_once) const {
  object_->check_open();
  if (has_some_ && has_some_()) return make_ready<void>().release_state();
  const auto limit = at_once ? detail::Wait{detail::kAtOnce} : detail::Wait{};
  return object_->start({.verb = verb_, .operands = operands_, .wait = limit});
}

bool ObjectReadiness::is_ready(State& begun) const {
  auto* call = dynamic_cast<Call*>(&begun);
  if (call == nullptr) return true;
  const auto& answer = call->answer();
  switch (answer.code) {
    case Errc::ok:
      return proto::is_readable(answer);
    case Errc::timeout:
      return false;
    case Errc::wrong_verb:  // a broker that cannot poll a queue
    case Errc::bad_request:
    case Errc::wrong_direction:
    case Errc::too_many_waiting:
      object_->fail(answer);
    default:
      return true;  // the next operation of the caller has the same error
  }
}

void ObjectReadiness::give_up(const Ref<State>& begun) const noexcept {
  if (object_->engine().in_forked_child()) return;
  object_->engine().objects().give_up(Ref<Call>{static_cast<Call*>(begun.get())});
}

}  // namespace forkmill::client
