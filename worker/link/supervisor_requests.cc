#include "worker/link/supervisor_requests.h"

namespace forkmill::worker {

ControlMessage message_of(const SignalRequest& request) {
  ControlMessage message;
  message.facts.kind = request.to_group ? ControlKind::kill : ControlKind::signal;
  message.facts.child = request.child;
  message.facts.signal = request.signal;
  return message;
}

ControlMessage message_of(const ForkRequest& request) {
  ControlMessage message;
  message.facts.kind = ControlKind::fork;
  message.facts.child.slot = request.slot;
  message.facts.pid = static_cast<std::int32_t>(request.parent);
  message.facts.daemon = request.daemon ? 1 : 0;
  message.facts.hosts_pool = request.hosts_pool ? 1 : 0;
  message.output = request.label;
  return message;
}

ControlMessage leave_message(bool restart) {
  ControlMessage message;
  message.facts.kind = ControlKind::leave;
  message.facts.child.slot = restart ? 1 : 0;
  return message;
}

ControlMessage scale_message(std::uint32_t children) {
  ControlMessage message;
  message.facts.kind = ControlKind::scale;
  message.facts.child.slot = children;
  return message;
}

}  // namespace forkmill::worker
