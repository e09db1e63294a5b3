#include "broker/core/state/rights_checks.h"

#include <string>
#include <string_view>
#include <utility>

#include "broker/core/state/task_visibility.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;
using proto::Quotas;
using proto::Rights;
using proto::Status;

namespace {

Status refuse(BrokerState& state, Errc code, std::string why) {
  ++state.totals.refused.count;
  state.totals.refused.last = why;
  state.totals.refused.code = code;
  return {code, std::move(why)};
}

Status refuse_name(BrokerState& state, const std::string& what, std::string_view name, const std::string& right) {
  return refuse(state, Errc::right_missing,
                "this key may not " + what + " '" + std::string{name} + "': no pattern " + right +
                    "= of its line in --authorized-keys of the broker matches");
}

Status refuse_quota(BrokerState& state, Client& client, std::string why, Errc code = Errc::quota_exceeded) {
  if (std::exchange(client.over_quota, true)) return {code, std::move(why)};
  return refuse(state, code, std::move(why));
}

Status refuse_quota(BrokerState& state, Client& client, const Owner& owner, const std::string& has,
                    const std::string& quota, Errc code = Errc::quota_exceeded) {
  return refuse_quota(
      state, client,
      owner.name + " has " + has + ", and the quota " + quota + " of its line in --authorized-keys of the broker",
      code);
}

// "2 results of 1200 bytes that no client has fetched"
std::string unfetched(const HeldResults& results) {
  return std::to_string(results.tasks) + " results of " + std::to_string(results.bytes) +
         " bytes that no client has fetched or that have a time of their own";
}

Status too_many_principals(BrokerState& state) {
  return refuse(
      state, Errc::quota_exceeded,
      "the broker has seen tasks of as many principals as it can have; restart it to forget those without any");
}

}  // namespace

Status may_submit(BrokerState& state, const Client& client, const TaskSpec& spec) {
  const Rights* rights = client.session.rights;
  if (rights == nullptr) return {};
  if (auto status = may_submit_into(state, client, spec.queue); !status.ok()) return status;
  if (!proto::allows(rights->submit_names, spec.name))
    return refuse_name(state, "submit task", spec.name, "submit-names");
  return may_give_priority(state, client, spec.options.priority);
}

bool is_permitted(const BrokerState& state, const Client& client, const AcceptedSpec& accepted) {
  if (client.session.rights == nullptr) return true;
  const AcceptedSpec::Permitted& permitted = accepted.permitted;
  return client.session.id && permitted.session == client.session.id &&
         (permitted.rights_version == state.controls.rights_version || mutant(Mutant::stale_right));
}

Status may_submit_into(BrokerState& state, const Client& client, std::string_view queue) {
  const Rights* rights = client.session.rights;
  if (rights == nullptr || proto::allows(rights->submit, queue)) return {};
  return refuse_name(state, "submit into queue", queue, "submit");
}

Status may_give_priority(BrokerState& state, const Client& client, int priority) {
  const Rights* rights = client.session.rights;
  if (rights == nullptr || priority <= rights->max_priority) return {};
  return refuse(
      state, Errc::right_missing,
      "this key may not submit with priority " + std::to_string(priority) +
          ": its line in --authorized-keys of the broker has max-priority=" + std::to_string(rights->max_priority));
}

Status may_edit_arguments(BrokerState& state, const Client& client, const Task& letter) {
  if (sees_all(client) || owns(client, letter)) return {};
  return refuse(state, Errc::not_permitted,
                "task " + id_for(client, letter).to_string() +
                    " belongs to another principal, and other arguments in its name need the role admin; retry the "
                    "task as it is, or submit a task of your own");
}

Status may_serve(BrokerState& state, const Rights* rights, const proto::WorkerInfo& worker) {
  if (rights == nullptr) return {};
  for (const std::string& queue : worker.queues)
    if (!proto::allows(rights->serve, queue)) return refuse_name(state, "serve queue", queue, "serve");
  for (const proto::TaskInfo& task : worker.tasks)
    if (!proto::allows(rights->serve_names, task.name))
      return refuse_name(state, "serve task", task.name, "serve-names");
  return {};
}

Status may_use_object(BrokerState& state, const Rights* rights, std::string_view name) {
  if (rights == nullptr || proto::is_unnamed(name) || proto::allows(rights->objects, name)) return {};
  return refuse_name(state, "use object", name, "objects");
}

// Two specs that name one principal have one owner, so the names are compared once for each accepted spec.
Owner* owner_of(BrokerState& state, const Client& client, const TaskSpec& spec, const AcceptedSpec* accepted) {
  if (accepted != nullptr && accepted->spec.part().owner == client.owner) return client.owner;
  const bool is_own = spec.principal.empty() || (client.owner != nullptr && spec.principal == client.owner->name);
  return is_own ? client.owner : state.tasks.owners.find_or_make(spec.principal);
}

Status may_have_task(BrokerState& state, Client& client, const Owner* owner, std::size_t bytes) {
  if (owner == nullptr) return too_many_principals(state);
  if (auto status = may_have_result(state, client, *owner); !status.ok()) return status;
  const Rights* rights = client.session.rights;
  if (rights == nullptr || owner != client.owner) {
    client.over_quota = false;
    return {};
  }
  const Quotas& quotas = rights->quotas;
  if (bytes > quotas.task_bytes) {
    return {Errc::payload_too_large, "the arguments are " + std::to_string(bytes) + " bytes; " + owner->name +
                                         " may have max-queued-bytes=" + std::to_string(quotas.task_bytes) + " in all"};
  }
  if (owner->tasks >= quotas.tasks) {
    return refuse_quota(state, client, *owner, std::to_string(owner->tasks) + " unfinished tasks",
                        "max-queued=" + std::to_string(quotas.tasks));
  }
  if (owner->bytes + bytes > quotas.task_bytes) {
    return refuse_quota(state, client, *owner, "unfinished tasks of " + std::to_string(owner->bytes) + " bytes",
                        "max-queued-bytes=" + std::to_string(quotas.task_bytes));
  }
  client.over_quota = false;
  return {};
}

Status may_have_result(BrokerState& state, Client& client, const Owner& owner) {
  const Owners& owners = state.tasks.owners;
  if (!owners.has_room_for_results(owner, state.options.total.results)) {
    return refuse_quota(state, client,
                        "the broker has " + unfetched(owners.results()) +
                            " (--result-bytes), and takes no tasks of those that have most",
                        Errc::results_full);
  }
  const Rights* rights = client.session.rights;
  if (rights == nullptr || &owner != client.owner || owner.results.bytes < rights->quotas.result_bytes) return {};
  return refuse_quota(state, client, owner, unfetched(owner.results),
                      "max-result-bytes=" + std::to_string(rights->quotas.result_bytes), Errc::results_full);
}

proto::Failure too_many_queues(std::string_view principal) {
  std::string text{errc_text(Errc::too_many_queues)};
  if (!principal.empty()) text += ", or " + std::string{principal} + " has half of all queues that the broker can have";
  return {Errc::too_many_queues, std::move(text)};
}

Status may_have_object(BrokerState& state, Client& client, std::size_t bytes) {
  if (client.owner == nullptr) return too_many_principals(state);
  const Rights* rights = client.session.rights;
  // No principal takes the whole table: others must find room. The broker's own user may.
  if (client.owner->number != 0 && client.owner->objects >= state.options.names.objects / 2) {
    return refuse_quota(state, client,
                        client.owner->name + " has " + std::to_string(client.owner->objects) +
                            " objects, half of all that the broker can have");
  }
  if (rights != nullptr && client.owner->objects >= rights->quotas.objects) {
    return refuse_quota(state, client, *client.owner, std::to_string(client.owner->objects) + " objects",
                        "max-objects=" + std::to_string(rights->quotas.objects));
  }
  return may_grow_object(state, client, client.owner, bytes);
}

Status may_grow_object(BrokerState& state, Client& client, const Owner* maker, std::size_t bytes) {
  const bool is_limited = maker != nullptr && maker->max_object_bytes != Quotas::kUnlimited;
  if (is_limited && maker->object_bytes + maker->answer_bytes + bytes > maker->max_object_bytes) {
    const std::string unconfirmed =
        maker->answer_bytes == 0
            ? std::string{}
            : ", and answers of " + std::to_string(maker->answer_bytes) + " bytes that its clients have not confirmed";
    return refuse_quota(state, client, *maker,
                        "objects of " + std::to_string(maker->object_bytes) + " bytes" + unconfirmed,
                        "max-object-bytes=" + std::to_string(maker->max_object_bytes));
  }
  client.over_quota = false;
  return {};
}

void note_object_quota(const Client& client) {
  if (client.owner == nullptr) return;
  const Rights* rights = client.session.rights;
  client.owner->max_object_bytes = rights == nullptr ? Quotas::kUnlimited : rights->quotas.object_bytes;
}

}  // namespace forkmill::broker
