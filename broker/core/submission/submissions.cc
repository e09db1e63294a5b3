#include "broker/core/submission/submissions.h"

#include <string>
#include <string_view>
#include <utility>

#include "broker/core/lifecycle/scheduling.h"
#include "broker/core/state/rights_checks.h"
#include "broker/core/submission/id_collisions.h"
#include "broker/core/submission/task_durability.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/buggify.h"
#include "proto/mutants.h"
#include "proto/text.h"

namespace forkmill::broker {

using proto::Failure;
using proto::Mutant;
using proto::mutant;
using proto::Status;

namespace {

// Begins another acknowledgement if the client's next one may not have room for a message of `tasks` tasks.
void make_room_in_ack(Client& client, std::size_t tasks) {
  using proto::limits::kMaxRecords;
  proto::SubmitAck& ack = client.outgoing.ack;
  if (ack.messages.size() < kMaxRecords && ack.rejected.size() + tasks <= kMaxRecords) return;
  client.outgoing.full_acks.push_back(std::exchange(ack, {}));
}

// Whether a spec that was accepted before is that of a submission which belongs to `principal`.
bool is_like(const TaskSpec& accepted, const TaskSpec& submitted, std::string_view principal) {
  return accepted.queue == submitted.queue && accepted.name == submitted.name &&
         accepted.signature == submitted.signature && accepted.options == submitted.options &&
         accepted.owners_id == submitted.owners_id && accepted.principal == principal;
}

// Whether a task with the spec of `part` shares that.
bool is_common(const CommonPart& part, const Queue* queue, const Owner* owner, ClientHandle client, TaskTypeId type) {
  return part.queue == queue && part.owner == owner && part.client == client && part.type == type;
}

proto::Rejection rejection_of(const TaskId& id, Failure failure) {
  failure.text.resize(proto::first_bytes(failure.text, proto::limits::kMaxRejectionText).size());
  return {id, failure.code, std::move(failure.text)};
}

}  // namespace

void Submissions::submit(Client& client, proto::MessageSeq message, proto::Submit submit) {
  make_room_in_ack(client, submit.tasks.size());
  const std::size_t ops_before = state_.output.ops.size();
  std::vector<TaskBody> left_on_disk;  // tasks of this message, which may name one twice
  for (proto::Submission& submission : submit.tasks) {
    const TaskId named = submission.id;
    use_id_in_table(client, submission);
    if (auto status = accept(client, std::move(submission), left_on_disk); !status.ok())
      client.outgoing.ack.rejected.push_back(rejection_of(named, std::move(status).failure()));
  }
  client.outgoing.ack.messages.push_back(message);
  const bool waits = state_.output.ops.size() > ops_before && !mutant(Mutant::ack_before_commit);
  client.outgoing.ack_waits = client.outgoing.ack_waits || waits;
  state_.output.touch(client);
}

Status Submissions::accept(Client& client, proto::Submission submission) {
  use_id_in_table(client, submission);
  Task* known = state_.tasks.find(submission.id);
  if (is_id_collision(client, known, paged_out(submission.id))) {
    rename(state_, client, submission);
    known = nullptr;
  }
  const std::uint64_t body = body_of(submission).hash;
  return accept(client, std::move(submission), body, known);
}

Status Submissions::accept(Client& client, proto::Submission&& submission, std::vector<TaskBody>& left_on_disk) {
  const auto stored = paged_out(submission.id);
  Task* known = stored ? nullptr : state_.tasks.find(submission.id);
  const bool is_anothers = is_id_collision(client, known, stored);
  if (is_anothers) rename(state_, client, submission);
  // The hash of a task is compared if it is known, or if it goes to disk and comes again in this message.
  const bool is_compared = known != nullptr || stored || state_.identity.durable;
  const TaskBody body = is_compared ? body_of(submission) : TaskBody{submission.id, 0};
  if (stored && !is_anothers) return repeat_submission_on_disk(left_on_disk, body, submission);
  auto status = accept(client, std::move(submission), body.hash, is_anothers ? nullptr : known);
  if (status.ok() && paged_out(body.id)) left_on_disk.push_back(body);
  return status;
}

Status Submissions::accept(Client& client, proto::Submission&& submission, std::uint64_t body, Task* known) {
  if (known != nullptr && !key_is_free(state_, *known))
    return repeat_submission(deliveries_, client, *known, submission, body);
  const AcceptedSpec* accepted = share_spec(client, submission);
  if (accepted == nullptr || !is_permitted(state_, client, *accepted))
    if (auto status = may_submit(state_, client, *submission.spec); !status.ok()) return status;
  if (auto status = checks_.check(submission, accepted != nullptr); !status.ok()) return status;
  if (auto status = checks_.check_windows(client); !status.ok()) return status;
  const bool stored =
      accepted != nullptr ? accepted->stored : is_stored(state_, submission.spec->options, submission.spec->queue);
  if (submission.spec->options.process) submission.edit().queue = process_queue(submission.spec->queue);
  // A task over a quota must not use up a name of a queue.
  const std::size_t bytes = proto::given_bytes(submission);
  Owner* owner = owner_of(state_, client, *submission.spec, accepted);
  if (auto status = may_have_task(state_, client, owner, bytes); !status.ok()) return status;
  Queue* queue = queue_of(*submission.spec, *owner, accepted);
  if (queue == nullptr) return too_many_queues(owner->name);
  if (!queue->budget.can_ever_hold(bytes)) {
    return {Errc::payload_too_large, "the arguments are " + std::to_string(bytes) + " bytes; queue " +
                                         std::string{base_queue(queue->name())} + " holds at most " +
                                         std::to_string(queue->budget.limits().max_bytes)};
  }
  if (!queue->budget.has_room(bytes) || proto::buggify(proto::Path::full_for_now)) {
    return {Errc::queue_full, "queue " + std::string{base_queue(queue->name())} + " holds " +
                                  std::to_string(queue->budget.tasks()) + " tasks, " +
                                  std::to_string(queue->budget.bytes()) + " bytes"};
  }
  const auto type = acquire_type(*submission.spec, accepted);
  if (!type) return {Errc::too_many_queues, "tasks of as many names as there may be are not finished"};

  if (known != nullptr) retention_.drop(*known);
  Task& task = state_.tasks.insert(submission.id);
  task.durable = stored;
  task.submitted_at = state_.clock.stamp();
  task.payload = std::move(submission.payload);
  if (accepted != nullptr && is_common(accepted->spec.part(), queue, owner, client.handle, *type)) {
    task.spec = accepted->spec;
    if (!is_current(client, *accepted)) note_accepted(client, task);
  } else {
    task.spec = CommonRef{CommonPart{std::move(submission.spec), queue, owner, client.handle, *type}};
    note_accepted(client, task);
  }
  if (task.spec->owners_id) owner->renamed[*task.spec->owners_id] = task.id;
  if (task.durable) {
    state_.output.store(
        PutTask{task.seq, task.id, task.spec.shared(), task.payload, client.handle.value(), task.submitted_at});
    client.unsafe.add(state_.output.safe_after(), bytes);
    state_.output.unsafe.add(state_.output.safe_after(), bytes);
  }
  if (task.options().daemon) client.daemons.emplace(task.seq, &task);
  queue->budget.hold(bytes);
  owner->hold(bytes);
  ++state_.totals.times.of(task.spec, state_.clock.now()).submitted;
  schedule_task(state_, task, state_.clock.first_due(task.options(), state_.clock.now()));
  return {};
}

std::optional<PagedOutEntry> Submissions::paged_out(const TaskId& id) const {
  return state_.tasks.paged_out() > 0 ? state_.tasks.find_paged_out(id) : std::nullopt;
}

const AcceptedSpec* Submissions::share_spec(const Client& client, proto::Submission& submission) const {
  std::string_view principal = submission.spec->principal;
  if (principal.empty() && client.owner != nullptr) principal = client.owner->name;
  const auto is_its = [&](const AcceptedSpec& one) {
    // The codec lets equal specs of different clients be one: that a spec is the same does not tell whose it is.
    const bool is_same = one.spec && one.spec.shared() == submission.spec &&
                         one.spec->principal.size() == principal.size() &&
                         (principal.empty() || one.spec->principal == principal);
    return is_same || (one.spec && is_like(*one.spec, *submission.spec, principal));
  };
  const AcceptedSpec* accepted = &client.accepted;
  if (!is_its(*accepted)) {
    accepted = &specs_.of(*submission.spec);
    if (!is_its(*accepted)) {
      if (submission.spec->principal != principal) submission.edit().principal = principal;
      return nullptr;
    }
  }
  if (submission.spec != accepted->spec.shared()) submission.spec = accepted->spec.shared();
  const bool holds = accepted->registry_version == registry_.version() && !submission.spec->options.process;
  return holds ? accepted : nullptr;
}

Queue* Submissions::queue_of(const TaskSpec& spec, const Owner& owner, const AcceptedSpec* accepted) {
  if (accepted != nullptr && accepted->queues_forgotten == state_.queues.forgotten())
    return accepted->spec.part().queue;
  return state_.queues.find_or_make(spec.queue, owner.name, state_.clock.now());
}

std::optional<TaskTypeId> Submissions::acquire_type(const TaskSpec& spec, const AcceptedSpec* accepted) {
  TaskTypes& types = state_.task_types;
  if (accepted != nullptr && types.acquire_again(accepted->spec.part().type, accepted->type_generation))
    return accepted->spec.part().type;
  return types.acquire(spec.name, spec.signature);
}

bool Submissions::is_current(const Client& client, const AcceptedSpec& accepted) const {
  return accepted.queues_forgotten == state_.queues.forgotten() &&
         accepted.type_generation == state_.task_types.generation(accepted.spec.part().type) &&
         is_permitted(state_, client, accepted);
}

void Submissions::note_accepted(Client& client, const Task& task) {
  const bool is_new = !client.accepted.spec || client.accepted.spec.shared() != task.spec.shared();
  client.accepted = {task.spec,           state_.task_types.generation(task.type()),
                     task.durable,        state_.queues.forgotten(),
                     registry_.version(), permitted_now(state_, client)};
  specs_.note(client.accepted);
  constexpr std::size_t kMaxNewSpecs = 1024;  // a client may have a spec of its own for each task
  if (is_new && state_.unserved.new_specs.size() < kMaxNewSpecs)
    state_.unserved.new_specs.push_back({state_.clock.now(), client.handle, task.spec.shared()});
}

}  // namespace forkmill::broker
