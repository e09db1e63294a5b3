// Schema: the layout of every message on the wire, in one place for both directions. `fields(io, value)` gives the
// fields to a Writer or a Reader in wire order. A record is a msgpack array. Fields are only appended: a reader skips
// fields that it does not know, and keeps the default of a field that an older sender has left out (behind the first
// `required`).
#pragma once

#include "proto/wire/messages.h"

namespace forkmill::proto {

// A string or a vector with its own maximum.
template <class T>
struct Bounded {
  T& value;
  std::size_t most;
};
template <class T>
Bounded<T> bounded(T& value, std::size_t most) {
  return {value, most};
}
template <class T>
Bounded<T> name(T& value) {
  return {value, limits::kMaxName};
}
template <class T>
Bounded<T> text(T& value) {
  return {value, limits::kMaxErrorText};
}

// An entry of a map whose keys are small numbers. The writer leaves out an entry with the default value.
template <class T, class D>
struct Option {
  std::uint64_t key;
  T& value;
  const D& standard;
};
template <class T, class D>
Option<T, D> option(std::uint64_t key, T& value, const D& standard) {
  return {key, value, standard};
}

// A field at the end of a record that is left out while it has the standard value, as all behind it.
template <class T>
struct Tail {
  T& value;
  std::remove_const_t<T> standard;
};
template <class T>
Tail<T> tail(T& value, std::remove_const_t<T> standard) {
  return {value, standard};
}

template <class F>
inline constexpr bool kIsTail = false;
template <class T>
inline constexpr bool kIsTail<Tail<T>> = true;

// An enumeration whose unknown numbers are passed on, not refused.
template <class E>
struct OpenNumber {
  E& value;
};
template <class E>
OpenNumber<E> open_number(E& value) {
  return {value};
}

// A variant takes two fields: the number of its alternative, and the record of that. A number that is none of
// Alternative::kNumber is the alternative with a member `number`.
template <class V>
struct NumberOf {
  V& choice;
};
template <class V>
NumberOf<V> number_in(V& choice) {
  return {choice};
}
template <class V>
struct RecordOf {
  V& choice;
};
template <class V>
RecordOf<V> record_in(V& choice) {
  return {choice};
}
template <class T>
constexpr std::uint8_t number_of(const T& alternative) {
  if constexpr (requires { T::kNumber; })
    return T::kNumber;
  else
    return alternative.number;
}

// Run: fields of a shared spec that stand side by side in a record. A run that repeats that of the record before is
// copied, or recognized, as a whole.
enum class RunOf : std::uint8_t { submission, grant, grant_extras, grant_headers };
template <RunOf R>
inline constexpr std::size_t kFieldsOfRun = R == RunOf::submission     ? 4
                                            : R == RunOf::grant        ? 5
                                            : R == RunOf::grant_extras ? 3
                                                                       : 1;
template <RunOf R, class Spec>
struct Run {
  static constexpr std::size_t kFields = kFieldsOfRun<R>;
  Spec& spec;
};
template <RunOf R, class Spec>
Run<R, Spec> run(Spec& spec) {
  return {spec};
}

template <class M>
inline constexpr std::uint8_t kTypeOf = 0;
template <>
inline constexpr std::uint8_t kTypeOf<Hello> = 1;
template <>
inline constexpr std::uint8_t kTypeOf<Welcome> = 2;
template <>
inline constexpr std::uint8_t kTypeOf<Heartbeat> = 3;
template <>
inline constexpr std::uint8_t kTypeOf<Goodbye> = 4;
template <>
inline constexpr std::uint8_t kTypeOf<ErrorMessage> = 5;
template <>
inline constexpr std::uint8_t kTypeOf<Moved> = 6;
template <>
inline constexpr std::uint8_t kTypeOf<Invite> = 10;
template <>
inline constexpr std::uint8_t kTypeOf<Invited> = 11;
template <>
inline constexpr std::uint8_t kTypeOf<Enrol> = 12;
template <>
inline constexpr std::uint8_t kTypeOf<Enrolled> = 13;
template <>
inline constexpr std::uint8_t kTypeOf<Submit> = 16;
template <>
inline constexpr std::uint8_t kTypeOf<SubmitAck> = 17;
template <>
inline constexpr std::uint8_t kTypeOf<Results> = 18;
template <>
inline constexpr std::uint8_t kTypeOf<ResultAck> = 19;
template <>
inline constexpr std::uint8_t kTypeOf<Attach> = 20;
template <>
inline constexpr std::uint8_t kTypeOf<Cancel> = 21;
template <>
inline constexpr std::uint8_t kTypeOf<CancelReply> = 22;
template <>
inline constexpr std::uint8_t kTypeOf<Progress> = 23;
template <>
inline constexpr std::uint8_t kTypeOf<Started> = 24;
template <>
inline constexpr std::uint8_t kTypeOf<Credit> = 32;
template <>
inline constexpr std::uint8_t kTypeOf<Grants> = 33;
template <>
inline constexpr std::uint8_t kTypeOf<Outcomes> = 34;
template <>
inline constexpr std::uint8_t kTypeOf<OutcomeAck> = 35;
template <>
inline constexpr std::uint8_t kTypeOf<Return> = 36;
template <>
inline constexpr std::uint8_t kTypeOf<Revoke> = 37;
template <>
inline constexpr std::uint8_t kTypeOf<Revoked> = 38;
template <>
inline constexpr std::uint8_t kTypeOf<Drain> = 39;
template <>
inline constexpr std::uint8_t kTypeOf<Signals> = 40;
template <>
inline constexpr std::uint8_t kTypeOf<ChildrenGone> = 41;
template <>
inline constexpr std::uint8_t kTypeOf<Report> = 42;
template <>
inline constexpr std::uint8_t kTypeOf<Scale> = 43;
template <>
inline constexpr std::uint8_t kTypeOf<Scaled> = 44;
template <>
inline constexpr std::uint8_t kTypeOf<Logs> = 46;
template <>
inline constexpr std::uint8_t kTypeOf<LogLimits> = 47;
template <>
inline constexpr std::uint8_t kTypeOf<Query> = 48;
template <>
inline constexpr std::uint8_t kTypeOf<Reply> = 49;
template <>
inline constexpr std::uint8_t kTypeOf<Command> = 50;
template <>
inline constexpr std::uint8_t kTypeOf<Operate> = 64;
template <>
inline constexpr std::uint8_t kTypeOf<Operated> = 65;

// Lets one overload of fields() take a message for reading and, const, for writing.
template <class T, class M>
concept Is = std::same_as<std::remove_const_t<T>, M>;

void fields(auto& io, Is<Grant> auto& m) { io.record(3, m.epoch, m.seq, m.attempt); }
void fields(auto& io, Is<TaskInfo> auto& m) { io.record(2, name(m.name), bounded(m.signature, limits::kMaxSignature)); }
void fields(auto& io, Is<WorkerInfo> auto& m) {
  io.record(3, bounded(m.queues, limits::kMaxQueuesPerWorker), bounded(m.tasks, limits::kMaxRegisteredTasks),
            m.children, m.holding, name(m.holding_store), m.max_processes, m.signals_heard, m.max_children, m.restarts,
            m.logs);
}
void fields(auto& io, Is<Hello> auto& m) {
  io.record(10, m.protocol_min, m.protocol_max, m.role, m.nonce, m.resume, name(m.name), name(m.host), m.pid,
            name(m.software), m.window_results, m.worker, m.instance, m.child_of, m.order, tail(m.shard, 0),
            tail(m.shards, 0));
}
void fields(auto& io, Is<Route> auto& m) { io.record(2, name(m.queue), text(m.endpoint)); }
void fields(auto& io, Is<Welcome> auto& m) {
  io.record(14, m.protocol, m.nonce, m.session, m.epoch, m.resumed, m.heartbeat, m.session_timeout, m.window_tasks,
            m.window_bytes, m.max_payload, name(m.store), m.commit, name(m.software), m.routes, m.granted, m.abandon,
            m.kept, m.log_bytes, tail(m.shard, 1), tail(m.shards, 1));
}
void fields(auto& io, Is<Place> auto& m) { io.record(1, text(m.endpoints)); }
void fields(auto& io, Is<Moved> auto& m) {
  io.record(4, m.nonce, m.shards, m.version, bounded(m.places, limits::kMaxShards));
}
void fields(auto& io, Is<Invite> auto& m) {
  io.record(8, m.nonce, m.verb, name(m.key), name(m.principal), name(m.roles), text(m.rights), m.lifetime,
            name(m.which));
}
void fields(auto& io, Is<InvitationRow> auto& m) {
  io.record(8, name(m.id), name(m.state), name(m.principal), name(m.roles), text(m.rights), name(m.by), m.expires,
            name(m.key));
}
void fields(auto& io, Is<Invited> auto& m) {
  io.record(6, m.nonce, m.code, text(m.text), name(m.broker), text(m.endpoints), m.rows);
}
void fields(auto& io, Is<Enrol> auto& m) { io.record(3, m.nonce, name(m.key), name(m.host)); }
void fields(auto& io, Is<Enrolled> auto& m) {
  io.record(5, m.nonce, m.code, text(m.text), name(m.principal), name(m.roles));
}
void fields(auto& io, Is<Heartbeat> auto& m) { io.record(0, m.running, m.waiting, m.signals_heard); }
void fields(auto& io, Is<Goodbye> auto& m) { io.record(2, m.code, text(m.text)); }
void fields(auto& io, Is<ErrorMessage> auto& m) { io.record(3, m.about, m.code, text(m.text)); }

void fields(auto& io, Is<Backoff> auto& m) { io.record(3, m.initial, m.most, m.jitter_percent); }
void fields(auto& io, Is<TaskHeader> auto& m) { io.record(2, name(m.name), text(m.value)); }
void fields(auto& io, Is<TaskOptions> auto& m) {
  // Never destroyed: destructors of static objects may still submit tasks.
  static const TaskOptions& standard = *new TaskOptions;
  io.options(option(1, m.priority, standard.priority), option(2, m.delay, standard.delay),
             option(3, m.not_before, standard.not_before), option(4, m.max_attempts, standard.max_attempts),
             option(5, m.backoff, standard.backoff), option(6, m.soft_timeout, standard.soft_timeout),
             option(7, m.timeout, standard.timeout), option(8, m.expires, standard.expires),
             option(9, m.durability, standard.durability), option(10, m.retry_errors, standard.retry_errors),
             option(11, m.result_ttl, standard.result_ttl), option(12, m.key, standard.key),
             option(13, m.at_most_once, standard.at_most_once), option(14, m.process, standard.process),
             option(15, m.daemon, standard.daemon), option(16, m.label, standard.label),
             option(17, m.dead_letter, standard.dead_letter), option(18, m.headers, standard.headers));
}
// One record by itself, as it is stored: in messages its fields stand in runs.
void fields(auto& io, Is<TaskSpec> auto& m) {
  io.record(4, name(m.queue), name(m.name), m.signature, m.options, name(m.principal), m.owners_id);
}
template <RunOf R>
void run_fields(auto& io, Is<TaskSpec> auto& m) {
  if constexpr (R == RunOf::submission)
    io.list(name(m.queue), name(m.name), m.signature, m.options);
  else if constexpr (R == RunOf::grant)
    io.list(name(m.queue), name(m.name), m.signature, m.options.soft_timeout, m.options.timeout);
  else if constexpr (R == RunOf::grant_extras)
    io.list(m.options.process, m.options.daemon, name(m.options.label));
  else
    io.list(m.options.headers);
}
void fields(auto& io, Is<Submission> auto& m) { io.record(6, m.id, run<RunOf::submission>(m.spec), m.payload); }
void fields(auto& io, Is<Submit> auto& m) { io.record(1, m.tasks); }
void fields(auto& io, Is<Rejection> auto& m) { io.record(3, m.id, m.code, text(m.text)); }
void fields(auto& io, Is<SubmitAck> auto& m) { io.record(3, m.messages, m.commit, m.rejected); }
void fields(auto& io, Is<Forensics> auto& m) {
  io.record(6, m.exit_code, m.signal, m.user_us, m.system_us, m.max_rss_bytes,
            bounded(m.output, limits::kMaxOutputTail));
}
void fields(auto& io, Is<ErrorReport> auto& m) {
  io.record(6, m.code, text(m.type), text(m.message), text(m.backtrace), text(m.cause), m.forensics);
}
void fields(auto& io, Is<Outcome> auto& m) {
  io.record(5, m.kind, m.attempt, name(m.worker), m.value, m.error, m.run_us);
}
void fields(auto& io, Is<TaskResult> auto& m) { io.record(2, m.id, m.outcome, m.body); }
void fields(auto& io, Is<LoanInValue> auto& m) { io.record(3, m.pipe, m.ticket, m.value); }
void fields(auto& io, Is<Results> auto& m) { io.record(1, m.results, m.loans); }
void fields(auto& io, Is<ResultAck> auto& m) { io.record(1, m.messages); }
void fields(auto& io, Is<Attach> auto& m) { io.record(1, m.ids); }
void fields(auto& io, Is<Cancel> auto& m) { io.record(1, m.ids, m.unless_started); }
void fields(auto& io, Is<CancelAnswer> auto& m) { io.record(2, m.id, m.state); }
void fields(auto& io, Is<CancelReply> auto& m) { io.record(1, m.answers); }
void fields(auto& io, Is<ProgressNote> auto& m) {
  io.record(4, m.id, m.grant, m.fraction, bounded(m.note, limits::kMaxProgressNote));
}
void fields(auto& io, Is<Progress> auto& m) { io.record(1, m.notes); }

void fields(auto& io, Is<Credit> auto& m) { io.record(1, m.total); }
void fields(auto& io, Is<GrantedTask> auto& m) {
  io.record(8, m.grant, m.id, run<RunOf::grant>(m.spec), m.payload, run<RunOf::grant_extras>(m.spec), m.parent,
            run<RunOf::grant_headers>(m.spec));
}
void fields(auto& io, Is<Grants> auto& m) { io.record(1, m.tasks); }
void fields(auto& io, Is<OutcomeRecord> auto& m) {
  io.record(4, m.grant, m.outcome, m.retry_delay, m.run_us, m.logs_follow);
}
void fields(auto& io, Is<Outcomes> auto& m) { io.record(2, m.outcomes, m.credit); }
void fields(auto& io, Is<OutcomeAck> auto& m) { io.record(1, m.messages); }
void fields(auto& io, Is<Return> auto& m) { io.record(2, m.grants, m.credit, m.pause, text(m.shortage)); }
void fields(auto& io, Is<Revoke> auto& m) { io.record(1, m.grants, m.unless_started); }
void fields(auto& io, Is<RevokeAnswer> auto& m) { io.record(2, m.grant, m.state); }
void fields(auto& io, Is<Revoked> auto& m) { io.record(2, m.answers, m.credit); }
void fields(auto& io, Is<Drain> auto& m) { io.record(0, m.restart); }
void fields(auto& io, Is<Scale> auto& m) { io.record(1, m.children); }
void fields(auto& io, Is<Scaled> auto& m) { io.record(1, m.children); }
void fields(auto& io, Is<LogPiece> auto& m) {
  io.record(4, m.position, m.source, m.level, bounded(m.text, limits::kMaxLogPiece));
}
void fields(auto& io, Is<LogNote> auto& m) { io.record(3, m.grant, m.pieces, m.end, m.last); }
void fields(auto& io, Is<Logs> auto& m) { io.record(1, m.notes); }
void fields(auto& io, Is<QueueLogLimit> auto& m) { io.record(2, name(m.queue), m.bytes); }
void fields(auto& io, Is<LogLimits> auto& m) { io.record(1, bounded(m.limits, limits::kMaxQueuesPerWorker)); }

void fields(auto& io, Is<StartedNote> auto& m) { io.record(4, m.id, m.grant, m.pid, name(m.host)); }
void fields(auto& io, Is<Started> auto& m) { io.record(1, m.notes); }
void fields(auto& io, Is<SignalNote> auto& m) { io.record(2, m.grant, m.signal, m.number); }
void fields(auto& io, Is<Signals> auto& m) { io.record(1, m.notes); }
void fields(auto& io, Is<ChildrenGone> auto& m) { io.record(1, m.pids, m.in_order); }
void fields(auto& io, Is<ProcessRow> auto& m) {
  io.record(9, m.pid, m.parent, m.role, name(m.state), m.cpu_us, m.rss_bytes, m.started_at, m.grant, text(m.command),
            m.task_started_at);
}
void fields(auto& io, Is<Report> auto& m) { io.record(1, m.processes); }

void fields(auto& io, Is<ObjectSpec> auto& m) {
  io.record(7, name(m.name), m.kind, m.type, m.size, m.flags, m.other, m.durability);
}
void fields(auto& io, Is<Operation> auto& m) {
  io.record(8, m.number, m.verb, m.object, m.who, m.wait, m.a, m.b, m.values, m.spec, m.loans);
}
void fields(auto& io, Is<Operate> auto& m) { io.record(2, m.answered, m.operations, m.also); }
void fields(auto& io, Is<OperationAnswer> auto& m) {
  io.record(6, m.number, m.code, text(m.text), m.a, m.b, m.values, m.loans);
}
void fields(auto& io, Is<Operated> auto& m) { io.record(1, m.answers); }

void fields(auto& io, Is<TaskFilter> auto& m) {
  io.record(9, name(m.id), name(m.queue), name(m.name), name(m.state), text(m.text), m.since, m.until, m.before, m.most,
            m.finished, m.ends, m.traced, text(m.arguments));
}
void fields(auto& io, Is<Query> auto& m) {
  io.record(3, m.id, open_number(m.kind), text(m.argument), m.filter, m.reserved, m.attempt, m.from);
}
void fields(auto& io, Is<RetryDeadLetter> auto& m) { io.record(2, name(m.task), m.new_id); }
void fields(auto& io, Is<DropDeadLetter> auto& m) { io.record(1, name(m.task)); }
void fields(auto& io, Is<WriteBackup> auto& m) { io.record(1, text(m.path)); }
void fields(auto& io, Is<SendSignal> auto& m) { io.record(2, name(m.task), m.signal); }
void fields(auto& io, Is<RemoveObject> auto& m) { io.record(1, name(m.name)); }
void fields(auto& io, Is<ReleaseObject> auto& m) { io.record(1, name(m.name)); }
void fields(auto& io, Is<PauseQueue> auto& m) { io.record(1, name(m.queue)); }
void fields(auto& io, Is<ResumeQueue> auto& m) { io.record(1, name(m.queue)); }
void fields(auto& io, Is<PauseName> auto& m) { io.record(1, name(m.name)); }
void fields(auto& io, Is<ResumeName> auto& m) { io.record(1, name(m.name)); }
void fields(auto& io, Is<LimitQueue> auto& m) {
  io.record(5, name(m.queue), m.reset, m.max_tasks, m.max_bytes, m.max_running, m.log_bytes);
}
void fields(auto& io, Is<SteerWorkers> auto& m) { io.record(4, m.action, name(m.name), name(m.host), m.children); }
void fields(auto& io, Is<ChangeTasks> auto& m) {
  io.record(7, m.id, m.action, m.filter, m.dry_run, m.running, name(m.queue), m.priority);
}
void fields(auto& io, Is<MoveShard> auto& m) { io.record(2, m.shard, text(m.broker)); }
void fields(auto& io, Is<DrainBroker> auto& m) { io.record(2, text(m.broker), m.undo); }
void fields(auto& io, Is<RetryEdited> auto& m) { io.record(4, name(m.task), m.new_id, m.arguments, m.label); }
void fields(auto& io, Is<UnknownCommand> auto&) { io.record(0); }
void fields(auto& io, Is<Command> auto& m) { io.record(3, m.id, number_in(m.command), record_in(m.command)); }
void fields(auto& io, Is<Reply> auto& m) { io.record(4, m.id, m.code, text(m.text), m.body); }

}  // namespace forkmill::proto
