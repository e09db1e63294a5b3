#include "broker/core/state/permits.h"

#include <string>

namespace forkmill::broker {

namespace {

proto::Status refuse(BrokerState& state, const std::string& what, std::string_view name, const std::string& right) {
  ++state.totals.refused;
  return {Errc::right_missing, "this key may not " + what + " '" + std::string{name} + "': no pattern " + right +
                                   "= of its line in --authorized-keys of the broker matches"};
}

}  // namespace

proto::Status may_submit(BrokerState& state, const proto::Rights* rights, std::string_view queue) {
  if (rights == nullptr || proto::allows(rights->submit, queue)) return {};
  return refuse(state, "submit into queue", queue, "submit");
}

proto::Status may_serve(BrokerState& state, const proto::Rights* rights, const proto::WorkerInfo& worker) {
  if (rights == nullptr) return {};
  for (const std::string& queue : worker.queues)
    if (!proto::allows(rights->serve, queue)) return refuse(state, "serve queue", queue, "serve");
  return {};
}

proto::Status may_use_object(BrokerState& state, const proto::Rights* rights, std::string_view name) {
  if (rights == nullptr || name.starts_with(proto::kAnonymousObject) || proto::allows(rights->objects, name)) return {};
  return refuse(state, "use object", name, "objects");
}

}  // namespace forkmill::broker
