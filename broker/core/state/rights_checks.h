// Rights checks: whether a principal may use a queue, a task name or a named object, by its rights
// (proto/session/rights.h), and whether its quotas have room. Refusals fail with right_missing, quota_exceeded or
// results_full and say which right or quota it is; they are counted. A client over a quota tries again until there is
// room, and counts once. Peers whose session has no rights may use everything.
#pragma once

#include <string_view>

#include "broker/core/state/broker_state.h"
#include "proto/session/rights.h"
#include "proto/status.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

// Whether the client may submit such a task: its queue, name and priority.
proto::Status may_submit(BrokerState& state, const Client& client, const TaskSpec& spec);
// Whether that was asked for tasks with this spec, in the client's session and since rights have changed last, so that
// it need not be asked again.
bool is_permitted(const BrokerState& state, const Client& client, const AcceptedSpec& accepted);
// For a spec of which may_submit() has just been asked.
inline AcceptedSpec::Permitted permitted_now(const BrokerState& state, const Client& client) {
  return {client.session.id, state.controls.rights_version};
}
// The parts of that: the queue, and the priority.
proto::Status may_submit_into(BrokerState& state, const Client& client, std::string_view queue);
proto::Status may_give_priority(BrokerState& state, const Client& client, int priority);
// Whether the client may submit the task of a dead letter with other arguments, besides may_submit(). The new task
// belongs to the principal of the letter: arguments of its choice are for the principal itself, and for operators.
proto::Status may_edit_arguments(BrokerState& state, const Client& client, const Task& letter);
// Names the first queue or task that the worker may not serve.
proto::Status may_serve(BrokerState& state, const proto::Rights* rights, const proto::WorkerInfo& worker);
// The reason why Queues has made no queue for the principal.
proto::Failure too_many_queues(std::string_view principal);
// `name`: the name of an object, which exists or is to be made.
proto::Status may_use_object(BrokerState& state, const proto::Rights* rights, std::string_view name);

// Returns to whom a task with this spec belongs that the client submits. Null: there are too many owners. `accepted`:
// an equal spec that was accepted before, or null.
Owner* owner_of(BrokerState& state, const Client& client, const TaskSpec& spec, const AcceptedSpec* accepted);
// Whether the owner may have one more task, or the client one more object, with that many bytes. The quotas are those
// of the client: what it does on behalf of another principal is not limited.
proto::Status may_have_task(BrokerState& state, Client& client, const Owner* owner, std::size_t bytes);
proto::Status may_have_object(BrokerState& state, Client& client, std::size_t bytes);
// Whether the owner may get one more result, by the quota of the client and by what all owners have together. Fails
// with results_full.
proto::Status may_have_result(BrokerState& state, Client& client, const Owner& owner);
// Whether an object that `maker` has made may get that many more bytes from the client. Any client may put values into
// an object; they count for its maker. Null: no principal.
proto::Status may_grow_object(BrokerState& state, Client& client, const Owner* maker, std::size_t bytes);
// Notes the quota of the client's principal, for the clients of others that put values into its objects.
void note_object_quota(const Client& client);

}  // namespace forkmill::broker
