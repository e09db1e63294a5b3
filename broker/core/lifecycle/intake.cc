#include "broker/core/lifecycle/intake.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "broker/core/lifecycle/id_collisions.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/event_notes.h"
#include "broker/core/state/residency.h"
#include "broker/core/state/rights_checks.h"
#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/buggify.h"
#include "proto/check.h"
#include "proto/mutants.h"
#include "proto/names.h"
#include "proto/text.h"
#include "proto/wire/task_headers.h"

namespace forkmill::broker {

using proto::Failure;
using proto::Mutant;
using proto::mutant;
using proto::Status;

namespace {

// The end of the year 9999, which clocks of microseconds can still count.
constexpr milliseconds kLastNotBefore{253'402'300'799'999};

Status out_of_range(const std::string& text) { return {Errc::option_out_of_range, text}; }

Status check_duration(const char* option, milliseconds value) {
  if (value.count() >= 0 && value <= proto::limits::kMaxDuration) return {};
  return out_of_range(std::string{option} + " is " + std::to_string(value.count()) + " ms: must be 0 to 366 days");
}

Status check_options(const proto::TaskOptions& options) {
  using namespace proto::limits;
  if (options.priority < kMinPriority || options.priority > kMaxPriority) {
    return out_of_range("priority is " + std::to_string(options.priority) + ": must be -100 to 100");
  }
  if (options.max_attempts < 1 || options.max_attempts > kMaxAttempts) {
    return out_of_range("max_attempts is " + std::to_string(options.max_attempts) + ": must be 1 to 1000");
  }
  if (options.backoff.jitter_percent > 100) return out_of_range("backoff jitter must be 0 to 100 percent");
  if (options.not_before.count() < 0 || options.not_before > kLastNotBefore)
    return out_of_range("not_before must not be before 1970 or after the year 9999");
  if (options.label.size() > kMaxName) {
    return out_of_range("label has " + std::to_string(options.label.size()) + " bytes: at most 128");
  }
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };
  if (std::any_of(options.label.begin(), options.label.end(), is_control)) {
    return {Errc::name_invalid, "a label must not have control characters"};
  }
  if (auto status = proto::check_headers(options.headers); !status.ok()) return status;
  for (const auto& [name, value] : {std::pair{"delay", options.delay},
                                    {"soft_timeout", options.soft_timeout},
                                    {"timeout", options.timeout},
                                    {"expires", options.expires},
                                    {"result_ttl", options.result_ttl},
                                    {"backoff", options.backoff.initial},
                                    {"longest backoff", options.backoff.most}}) {
    if (auto status = check_duration(name, value); !status.ok()) return status;
  }
  return {};
}

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

void Intake::submit(Client& client, proto::MessageSeq message, proto::Submit submit) {
  make_room_in_ack(client, submit.tasks.size());
  const std::size_t ops_before = state_.output.ops.size();
  std::vector<TaskBody> left_on_disk;  // tasks of this message, which may name one twice
  for (proto::Submission& submission : submit.tasks) {
    const TaskId named = submission.id;
    use_id_in_table(client, submission);
    if (auto status = take_in(client, std::move(submission), left_on_disk); !status.ok())
      client.outgoing.ack.rejected.push_back(rejection_of(named, std::move(status).failure()));
  }
  client.outgoing.ack.messages.push_back(message);
  const bool waits = state_.output.ops.size() > ops_before && !mutant(Mutant::ack_before_commit);
  client.outgoing.ack_waits = client.outgoing.ack_waits || waits;
  state_.output.touch(client);
}

Status Intake::check(const proto::Submission& submission, bool spec_is_known) const {
  if (closed) return {Errc::shutting_down, std::string{errc_text(Errc::shutting_down)}};
  if (submission.id.is_nil()) return {Errc::bad_request, "the task id is nil"};
  if (submission.payload.size() > state_.options.max_payload) {
    return {Errc::payload_too_large, "the arguments are " + std::to_string(submission.payload.size()) +
                                         " bytes; this broker takes " + std::to_string(state_.options.max_payload)};
  }
  if (state_.shortage.memory && !mutant(Mutant::memory_limit_ignored))
    return {Errc::memory_full, std::string{errc_text(Errc::memory_full)}};
  if (state_.shortage.disk && durable(submission.spec->options, submission.spec->queue)) {
    return {Errc::disk_full, "the broker's disk is nearly full: it takes in nothing durable until there is room"};
  }
  return spec_is_known ? Status{} : check_spec(*submission.spec);
}

// A client that keeps to its window never fills it here: its own count goes down later. One task may be larger.
Status Intake::check_windows(Client& client) {
  client.unsafe.settle(state_.output.safe);
  state_.output.unsafe.settle(state_.output.safe);
  const CoreOptions& options = state_.options;
  if (client.unsafe.tasks() >= 2 * std::size_t{options.window.tasks} ||
      client.unsafe.bytes() >= options.window.bytes + options.max_payload)
    return {Errc::queue_full, "the client has submitted more than its window before it was acknowledged"};
  if (state_.output.unsafe.bytes() >= options.total.unsafe)
    return {Errc::queue_full, "clients submit more than the broker's disk takes in"};
  return {};
}

Status Intake::check_spec(const TaskSpec& spec) const {
  if (!proto::is_name(spec.queue)) return {Errc::name_invalid, "queue name '" + spec.queue + "'"};
  if (!proto::is_name(spec.name)) return {Errc::name_invalid, "task name '" + spec.name + "'"};
  if (spec.options.durability == proto::Durability::durable && !state_.identity.durable) {
    return {Errc::option_out_of_range, "durability is durable, but this broker keeps tasks in memory only"};
  }
  if (spec.options.durability == proto::Durability::durable && spec.options.daemon) {
    return {Errc::option_out_of_range, "durability is durable, but a daemon ends with its submitter"};
  }
  if (spec.options.process && spec.queue.size() + kProcessSuffix.size() > proto::limits::kMaxName) {
    return {Errc::name_invalid, "queue name '" + spec.queue + "' is too long for processes"};
  }
  if (registry_.ask(spec.name, spec.signature) == Registry::Answer::other_signature) {
    return {Errc::signature_mismatch, "the workers have " + spec.name + " as " + registry_.signatures(spec.name)};
  }
  return check_options(spec.options);
}

Status Intake::take_in(Client& client, proto::Submission submission) {
  use_id_in_table(client, submission);
  Task* known = state_.tasks.find(submission.id);
  if (is_id_collision(client, known, paged_out(submission.id))) {
    rename(state_, client, submission);
    known = nullptr;
  }
  const std::uint64_t body = body_of(submission).hash;
  return take_in(client, std::move(submission), body, known);
}

Status Intake::take_in(Client& client, proto::Submission&& submission, std::vector<TaskBody>& left_on_disk) {
  const auto stored = paged_out(submission.id);
  Task* known = stored ? nullptr : state_.tasks.find(submission.id);
  const bool is_anothers = is_id_collision(client, known, stored);
  if (is_anothers) rename(state_, client, submission);
  // The hash of a task is compared if it is known, or if it goes to disk and comes again in this message.
  const bool is_compared = known != nullptr || stored || state_.identity.durable;
  const TaskBody body = is_compared ? body_of(submission) : TaskBody{submission.id, 0};
  if (stored && !is_anothers) return repeat_submission_on_disk(left_on_disk, body, submission);
  auto status = take_in(client, std::move(submission), body.hash, is_anothers ? nullptr : known);
  if (status.ok() && paged_out(body.id)) left_on_disk.push_back(body);
  return status;
}

Status Intake::take_in(Client& client, proto::Submission&& submission, std::uint64_t body, Task* known) {
  if (known != nullptr && !key_is_free(state_, *known))
    return repeat_submission(deliveries_, client, *known, submission, body);
  if (auto status = may_submit(state_, client, *submission.spec); !status.ok()) return status;
  const AcceptedSpec* accepted = share_spec(client, submission);
  if (auto status = check(submission, accepted != nullptr); !status.ok()) return status;
  if (auto status = check_windows(client); !status.ok()) return status;
  const bool stored =
      accepted != nullptr ? accepted->stored : durable(submission.spec->options, submission.spec->queue);
  if (submission.spec->options.process) submission.edit().queue = process_queue(submission.spec->queue);
  Queue* queue = queue_of(*submission.spec, accepted);
  if (queue == nullptr) return {Errc::too_many_queues, std::string{errc_text(Errc::too_many_queues)}};
  const std::size_t bytes = proto::given_bytes(submission);
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
  Owner* owner = owner_of(state_, client, *submission.spec);
  if (auto status = may_have_task(state_, client, owner, bytes); !status.ok()) return status;
  const auto type = acquire_type(*submission.spec, accepted);
  if (!type) return {Errc::too_many_queues, "tasks of as many names as there may be are not finished"};

  if (known != nullptr) retention_.drop(*known);
  Task& task = state_.tasks.insert(submission.id);
  task.durable = stored;
  task.submitted_at = state_.clock.stamp();
  task.payload = std::move(submission.payload);
  if (accepted != nullptr && is_common(accepted->spec.part(), queue, owner, client.handle, *type)) {
    task.spec = accepted->spec;
    if (!is_current(*accepted)) note_accepted(client, task);
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
  start(task, state_.clock.first_due(task.options(), state_.clock.now()));
  return {};
}

std::optional<PagedOutEntry> Intake::paged_out(const TaskId& id) const {
  return state_.tasks.paged_out() > 0 ? state_.tasks.find_paged_out(id) : std::nullopt;
}

void Intake::start(Task& task, Instant due) {
  const Instant now = state_.clock.now();
  const proto::TaskOptions& options = task.options();
  if (options.expires.count() > 0) {
    edit_rare(task).expires_at = now + options.expires;
    state_.deadlines.add(task.expires_at(), task);
  }
  task.ready_at = due;
  if (due <= now) {
    state_.step(task, Event::queued);
    note(state_, TaskEventKind::submitted, task);
    return add_to_lane(state_, task);
  }
  state_.step(task, Event::delayed);
  note(state_, TaskEventKind::submitted, task);
  const bool many =
      state_.paging.scheduled > state_.options.resident.scheduled || proto::buggify(proto::Path::delayed_to_disk);
  if (task.durable && many && due > PagedOutDeadlines::horizon(now)) return put_away(state_, task);
  state_.deadlines.add(due, task);
}

void Intake::advance(Task& task, TaskGrants& grants) {
  const bool waits = task.state == State::scheduled || task.state == State::ready;
  if (waits && task.attempts.value() == 0 && task.expires_at() <= state_.clock.now() &&
      !mutant(Mutant::deadline_ignored)) {
    if (task.state == State::ready) remove_from_lane(state_, task);
    return grants.finish_unstarted(task, Event::expired, Errc::expired, std::string{errc_text(Errc::expired)});
  }
  if (task.state == State::scheduled && task.ready_at <= state_.clock.now()) {
    state_.step(task, Event::queued);
    note(state_, TaskEventKind::ready, task);
    add_to_lane(state_, task);
  }
}

void Intake::plan_again() {
  for (const Task* one : state_.tasks.resident_tasks()) {
    if (one->state != State::scheduled || one->attempts.value() > 0 || one->options().not_before.count() == 0) continue;
    Task& task = *state_.tasks.find(one->id);
    task.ready_at = state_.clock.first_due(task.options(), arrival(state_, task.seq, task.submitted_at));
    state_.deadlines.add(std::max(task.ready_at, state_.clock.now()), task);
  }
}

const AcceptedSpec* Intake::share_spec(const Client& client, proto::Submission& submission) const {
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

Queue* Intake::queue_of(const TaskSpec& spec, const AcceptedSpec* accepted) {
  if (accepted != nullptr && accepted->queues_forgotten == state_.queues.forgotten())
    return accepted->spec.part().queue;
  return state_.queues.find_or_make(spec.queue, state_.clock.now());
}

std::optional<TaskTypeId> Intake::acquire_type(const TaskSpec& spec, const AcceptedSpec* accepted) {
  TaskTypes& types = state_.task_types;
  if (accepted != nullptr && types.acquire_again(accepted->spec.part().type, accepted->type_generation))
    return accepted->spec.part().type;
  return types.acquire(spec.name, spec.signature);
}

bool Intake::is_current(const AcceptedSpec& accepted) const {
  return accepted.queues_forgotten == state_.queues.forgotten() &&
         accepted.type_generation == state_.task_types.generation(accepted.spec.part().type);
}

void Intake::note_accepted(Client& client, const Task& task) {
  const bool is_new = !client.accepted.spec || client.accepted.spec.shared() != task.spec.shared();
  client.accepted = {task.spec, state_.task_types.generation(task.type()), task.durable, state_.queues.forgotten(),
                     registry_.version()};
  specs_.note(client.accepted);
  constexpr std::size_t kMaxNewSpecs = 1024;  // a client may have a spec of its own for each task
  if (is_new && state_.unserved.new_specs.size() < kMaxNewSpecs)
    state_.unserved.new_specs.push_back({state_.clock.now(), client.handle, task.spec.shared()});
}

bool Intake::durable(const proto::TaskOptions& options, const std::string& queue) const {
  if (!state_.identity.durable || options.durability == proto::Durability::memory || options.daemon) return false;
  if (options.durability == proto::Durability::durable) return true;
  const auto named = state_.options.queues.find(queue);
  return named == state_.options.queues.end() ? state_.options.queue.durable : named->second.durable;
}

}  // namespace forkmill::broker
