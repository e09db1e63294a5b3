// Every message of the protocol as a plain struct. What each means, who may send it in which state, and what answers
// it: PROTOCOL.md. Field order here is field order on the wire (proto/wire/schema.h). Those about named objects are in
// object_messages.h.
#pragma once

#include <forkmill/errc.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "proto/clock.h"
#include "proto/durability.h"
#include "proto/ids.h"
#include "proto/limits.h"
#include "proto/payload.h"
#include "proto/wire/object_messages.h"

namespace forkmill::proto {

enum class Role : std::uint8_t { client = 1, worker = 2 };
constexpr Role last_of(Role) { return Role::worker; }

// ---- Sessions -------------------------------------------------------------------------------------------------------

// A task that a worker can run. The text of the signature is for error messages; its hash is what tasks carry.
struct TaskInfo {
  std::string name;
  std::string signature;
  friend bool operator==(const TaskInfo&, const TaskInfo&) = default;
};

// What a worker says of itself; empty in a client's HELLO.
struct WorkerInfo {
  std::vector<std::string> queues;
  std::vector<TaskInfo> tasks;
  std::uint32_t children = 0;
  std::vector<Grant> holding;       // everything that is queued, runs, or ended without its outcome being acknowledged
  std::string holding_store{};      // the store that gave out `holding`, as the last WELCOME named it
  std::uint32_t max_processes = 0;  // children beyond `children`, forked for one task each
  std::uint64_t signals_heard = 0;  // the number of the last signal (SignalNote) that has come
  friend bool operator==(const WorkerInfo&, const WorkerInfo&) = default;
};

struct Hello {
  std::uint16_t protocol_min = limits::kProtocolMin;
  std::uint16_t protocol_max = limits::kProtocolMax;
  Role role = Role::client;
  std::uint64_t nonce = 0;  // comes back in the WELCOME that answers this HELLO
  SessionId resume;         // the session to carry on, or none
  std::string name;
  std::string host;
  std::uint32_t pid = 0;
  std::string software;
  std::uint32_t window_results = 16 * 1024;  // results that may be under way to this peer, unacknowledged
  WorkerInfo worker;
  std::uint64_t instance = 0;  // the client itself: random, the same in all of its sessions; tasks belong to it
  std::uint64_t child_of = 0;  // the instance of the worker in whose child this client lives; 0: in no worker's
  // Rises with each HELLO of this instance: one from a connection that is broken may come after the next one has been
  // answered, and is not for anybody then. The microseconds of a monotonic clock, or more; 0: not said.
  std::uint64_t order = 0;
  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Route {
  std::string queue;     // a queue's name, or "*"
  std::string endpoint;  // where it is served; empty: here
  friend bool operator==(const Route&, const Route&) = default;
};

struct Welcome {
  std::uint16_t protocol = limits::kProtocolMax;
  std::uint64_t nonce = 0;
  SessionId session;  // always a new one: whatever still arrives under an older id is stale
  Epoch epoch;
  bool resumed = false;  // what the earlier session held now belongs to this one
  milliseconds heartbeat{0};
  milliseconds session_timeout{0};
  std::uint32_t window_tasks = 0;  // submissions that may be under way unacknowledged
  std::uint64_t window_bytes = 0;
  std::uint64_t max_payload = limits::kMaxPayload;
  std::string store;  // names the store that the epoch and the commit number count in
  CommitSeq commit;
  std::string software;
  std::vector<Route> routes;
  std::uint64_t granted = 0;   // worker: grants counted so far, the point that its credit goes on from
  std::vector<Grant> abandon;  // worker: what it holds that is no longer its own
  bool kept = false;           // client: its operations and what it held of named objects are still known
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

// Both ways, when nothing else was sent for one heartbeat interval. The broker answers each one that it gets.
struct Heartbeat {
  std::uint32_t running = 0;  // worker: attempts that run
  std::uint32_t waiting = 0;  // worker: grants not started
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

struct Goodbye {
  Errc code = Errc::ok;
  std::string text;
  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

struct ErrorMessage {
  MessageSeq about;  // the message that it answers, or none
  Errc code = Errc::unknown;
  std::string text;
  friend bool operator==(const ErrorMessage&, const ErrorMessage&) = default;
};

// ---- Tasks ----------------------------------------------------------------------------------------------------------

// Wait before attempt n+1: initial * 2^(n-1), at most `most`, then up to `jitter_percent` of it more or less.
struct Backoff {
  milliseconds initial{1000};
  milliseconds most{60'000};
  std::uint8_t jitter_percent = 20;
  friend bool operator==(const Backoff&, const Backoff&) = default;
};

struct TaskOptions {
  std::int8_t priority = 0;
  milliseconds delay{0};       // from arrival at the broker
  milliseconds not_before{0};  // unix time; 0: none
  std::uint32_t max_attempts = 3;
  Backoff backoff;
  milliseconds soft_timeout{0};  // of one attempt; 0: none
  milliseconds timeout{0};       // of one attempt; 0: none
  milliseconds expires{0};       // from arrival; must have started by then; 0: never
  Durability durability = Durability::of_queue;
  bool retry_errors = false;
  milliseconds result_ttl{0};  // 0: the broker's default
  std::string key;             // idempotency key; empty: none
  bool at_most_once = false;   // never started twice, whatever is lost
  bool process = false;        // runs in a child forked for it alone, which ends with it
  bool daemon = false;         // ends when its submitter does
  std::string label;           // what people call it
  friend bool operator==(const TaskOptions&, const TaskOptions&) = default;
};

struct Submission {
  TaskId id;
  std::string queue;
  std::string name;
  std::uint64_t signature = 0;  // hash; 0: not checked
  TaskOptions options;
  Payload payload;
  friend bool operator==(const Submission&, const Submission&) = default;
};

struct Submit {
  std::vector<Submission> tasks;
  friend bool operator==(const Submit&, const Submit&) = default;
};

struct Rejection {
  TaskId id;
  Errc code = Errc::unknown;
  std::string text;
  friend bool operator==(const Rejection&, const Rejection&) = default;
};

// Every task of the SUBMITs named is now as safe as it asked to be, but for those rejected.
struct SubmitAck {
  std::vector<MessageSeq> messages;
  CommitSeq commit;
  std::vector<Rejection> rejected;
  friend bool operator==(const SubmitAck&, const SubmitAck&) = default;
};

enum class OutcomeKind : std::uint8_t {
  succeeded = 1,
  failed = 2,  // the handler threw, or could not be called
  retry = 3,   // the handler asked for another attempt (worker to broker only)
  lost = 4,    // the child or its worker went away
  timed_out = 5,
  cancelled = 6,
  expired = 7,   // not started in time
  rejected = 8,  // never taken in
};
constexpr OutcomeKind last_of(OutcomeKind) { return OutcomeKind::rejected; }

// What became of a child, as its supervisor saw it.
struct Forensics {
  std::int32_t exit_code = -1;  // -1: it did not exit by itself
  std::int32_t signal = 0;
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_bytes = 0;
  std::string output;  // the last it wrote to stdout and stderr
  friend bool operator==(const Forensics&, const Forensics&) = default;
};

struct ErrorReport {
  Errc code = Errc::unknown;
  std::string type;  // of the exception, demangled
  std::string message;
  std::string backtrace;
  std::string cause;    // nested exceptions, outermost first, a line each
  Forensics forensics;  // for OutcomeKind::lost
  friend bool operator==(const ErrorReport&, const ErrorReport&) = default;
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::succeeded;
  Attempt attempt;
  std::string worker;
  Payload value;                     // succeeded
  std::optional<ErrorReport> error;  // everything else

  // The outcome of a task that has not succeeded.
  static Outcome ended(OutcomeKind kind, Errc code, std::string message);
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct TaskResult {
  TaskId id;
  Outcome outcome;
  std::uint64_t body = 0;  // body_hash.h; of a task under a key, whose id may be another one's by now; 0: not said
  friend bool operator==(const TaskResult&, const TaskResult&) = default;
};

// Broker to client. Acknowledged by the seq of its message; sent again in the next session until then.
struct Results {
  std::vector<TaskResult> results;
  friend bool operator==(const Results&, const Results&) = default;
};

struct ResultAck {
  std::vector<MessageSeq> messages;
  friend bool operator==(const ResultAck&, const ResultAck&) = default;
};

// "Send me the results of these": answered by RESULTS as they come, at once for unknown ones (rejected, task_unknown).
struct Attach {
  std::vector<TaskId> ids;
  friend bool operator==(const Attach&, const Attach&) = default;
};

struct Cancel {
  std::vector<TaskId> ids;
  friend bool operator==(const Cancel&, const Cancel&) = default;
};

enum class CancelState : std::uint8_t {
  cancelled = 1,  // it had not started and never will
  requested = 2,  // it runs; it was asked to stop and may still finish
  finished = 3,   // too late
  unknown = 4,
};
constexpr CancelState last_of(CancelState) { return CancelState::unknown; }

struct CancelAnswer {
  TaskId id;
  CancelState state = CancelState::unknown;
  friend bool operator==(const CancelAnswer&, const CancelAnswer&) = default;
};

struct CancelReply {
  std::vector<CancelAnswer> answers;
  friend bool operator==(const CancelReply&, const CancelReply&) = default;
};

struct ProgressNote {
  TaskId id;
  Grant grant;
  double fraction = 0;
  std::string note;
  friend bool operator==(const ProgressNote&, const ProgressNote&) = default;
};

// Worker to broker, broker to client. May be lost; the next one makes up for it.
struct Progress {
  std::vector<ProgressNote> notes;
  friend bool operator==(const Progress&, const Progress&) = default;
};

// The child in which a task with TaskOptions::process runs.
struct StartedNote {
  TaskId id;
  Grant grant;
  std::uint32_t pid = 0;
  std::string host;
  friend bool operator==(const StartedNote&, const StartedNote&) = default;
};

// Worker to broker, broker to client; again in each new session until the task ends.
struct Started {
  std::vector<StartedNote> notes;
  friend bool operator==(const Started&, const Started&) = default;
};

// ---- Workers --------------------------------------------------------------------------------------------------------

// Grants that the worker is ready to have been given since its session's count began: absolute, so a repeat does no
// harm.
struct Credit {
  std::uint64_t total = 0;
  friend bool operator==(const Credit&, const Credit&) = default;
};

struct GrantedTask {
  Grant grant;
  TaskId id;
  std::string queue;
  std::string name;
  std::uint64_t signature = 0;
  milliseconds soft_timeout{0};
  milliseconds timeout{0};
  Payload payload;
  bool process = false;
  bool daemon = false;
  std::string label;
  std::uint32_t parent = 0;  // pid of the program that submitted it
  friend bool operator==(const GrantedTask&, const GrantedTask&) = default;
};

struct Grants {
  std::vector<GrantedTask> tasks;
  friend bool operator==(const Grants&, const Grants&) = default;
};

struct OutcomeRecord {
  Grant grant;
  Outcome outcome;
  milliseconds retry_delay{-1};  // OutcomeKind::retry: what the handler asked for; negative: by the task's backoff
  std::uint64_t run_us = 0;
  friend bool operator==(const OutcomeRecord&, const OutcomeRecord&) = default;
};

// Worker to broker. Kept by the worker until acknowledged, and sent again in its next session.
struct Outcomes {
  std::vector<OutcomeRecord> outcomes;
  std::uint64_t credit = 0;  // as in CREDIT
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

struct OutcomeAck {
  std::vector<MessageSeq> messages;
  friend bool operator==(const OutcomeAck&, const OutcomeAck&) = default;
};

// Grants handed back unstarted: no attempt was made. The worker forgets them when it sends this.
struct Return {
  std::vector<Grant> grants;
  std::uint64_t credit = 0;
  friend bool operator==(const Return&, const Return&) = default;
};

// "Do not start these; and those that run, stop."
struct Revoke {
  std::vector<Grant> grants;
  friend bool operator==(const Revoke&, const Revoke&) = default;
};

enum class RevokeState : std::uint8_t {
  returned = 1,  // not started, and never will be
  stopping = 2,  // it runs; its outcome follows
  unknown = 3,   // not held, or its outcome is under way
};
constexpr RevokeState last_of(RevokeState) { return RevokeState::unknown; }

struct RevokeAnswer {
  Grant grant;
  RevokeState state = RevokeState::unknown;
  friend bool operator==(const RevokeAnswer&, const RevokeAnswer&) = default;
};

struct Revoked {
  std::vector<RevokeAnswer> answers;
  std::uint64_t credit = 0;
  friend bool operator==(const Revoked&, const Revoked&) = default;
};

// Worker to broker: no more grants; what is unstarted comes back, what runs finishes.
struct Drain {
  friend bool operator==(const Drain&, const Drain&) = default;
};

// Broker to worker: to the process of a task with TaskOptions::process.
struct SignalNote {
  Grant grant;
  std::int32_t signal = 0;
  std::uint64_t number = 0;  // rises with each one to this worker, so that a repeat does no harm; 0: not numbered
  friend bool operator==(const SignalNote&, const SignalNote&) = default;
};
struct Signals {
  std::vector<SignalNote> notes;
  friend bool operator==(const Signals&, const Signals&) = default;
};

// Worker to broker: these processes of its have ended, and with them every client that was in one.
struct ChildrenGone {
  std::vector<std::uint32_t> pids;
  friend bool operator==(const ChildrenGone&, const ChildrenGone&) = default;
};

enum class ProcessRole : std::uint8_t { supervisor = 1, link = 2, child = 3, process = 4 };
constexpr ProcessRole last_of(ProcessRole) { return ProcessRole::process; }

// A process of a worker, as its system shows it.
struct ProcessRow {
  std::uint32_t pid = 0;
  std::uint32_t parent = 0;
  ProcessRole role = ProcessRole::child;
  std::string state;  // the letter of ps
  std::uint64_t cpu_us = 0;
  std::uint64_t rss_bytes = 0;
  milliseconds started_at{0};  // unix time
  Grant grant;                 // what it runs, or none
  std::string command;         // the task's name and label, or what else it is
  friend bool operator==(const ProcessRow&, const ProcessRow&) = default;
};

// Worker to broker, about once a heartbeat interval.
struct Report {
  std::vector<ProcessRow> processes;
  friend bool operator==(const Report&, const Report&) = default;
};

// ---- Questions ------------------------------------------------------------------------------------------------------

enum class QueryKind : std::uint8_t {
  ping = 1,
  status = 2,
  queues = 3,
  workers = 4,
  task = 5,
  tasks = 6,       // those that `filter` lets through, newest first
  dead_retry = 7,  // submits a dead letter anew as `new_id`, and drops it
  dead_drop = 8,
  backup = 9,
  signal = 10,     // to the process that a task with TaskOptions::process runs in; cancels one that has not started
  processes = 11,  // of the broker and of all workers
  objects = 12,
  object = 13,
  object_remove = 14,
  object_release = 15,  // takes it from all who hold it
};
constexpr QueryKind last_of(QueryKind) { return QueryKind::object_release; }

// What a task must be like to be listed; what is empty or 0 lets everything through.
struct TaskFilter {
  std::string id;  // beginning of its text form
  std::string queue;
  std::string name;
  std::string state;      // one of the names in the state table
  std::string text;       // in its error's type or message
  milliseconds since{0};  // unix time of its submission
  milliseconds until{0};
  TaskSeq before;          // only tasks below: the next page begins at the last row of the one before
  std::uint32_t most = 0;  // rows; 0: as many as the broker gives at once
  friend bool operator==(const TaskFilter&, const TaskFilter&) = default;
};

struct Query {
  std::uint64_t id = 0;  // the asker's own, comes back in the reply
  QueryKind kind = QueryKind::ping;
  // task, dead_*: the id as text, or an unambiguous beginning of it; backup: the file to write; signal: the id, a
  // space, the signal's number; object…: its name
  std::string argument;
  TaskFilter filter{};  // tasks
  TaskId new_id{};      // dead_retry
  friend bool operator==(const Query&, const Query&) = default;
};

struct Reply {
  std::uint64_t id = 0;
  Errc code = Errc::ok;
  std::string text;
  Payload body;  // a msgpack map, laid out in PROTOCOL.md
  friend bool operator==(const Reply&, const Reply&) = default;
};

// The index of an alternative is not its number on the wire: see kMessageTypes in schema.h.
using AnyMessage =
    std::variant<Hello, Welcome, Heartbeat, Goodbye, ErrorMessage, Submit, SubmitAck, Results, ResultAck, Attach,
                 Cancel, CancelReply, Progress, Credit, Grants, Outcomes, OutcomeAck, Return, Revoke, Revoked, Drain,
                 Query, Reply, Started, Signals, ChildrenGone, Report, Operate, Operated>;

template <class M, class Any>
inline constexpr bool kIsOneOf = false;
template <class M, class... Each>
inline constexpr bool kIsOneOf<M, std::variant<Each...>> = (std::is_same_v<M, Each> || ...);

// One of them. Made, copied, moved and compared in messages.cc alone: a compiler needs seconds for that, wherever it
// has to do it.
struct Message : AnyMessage {
  Message();
  template <class M>
  requires kIsOneOf<M, AnyMessage> Message(M message);  // NOLINT(google-explicit-constructor)
  Message(const Message&);
  Message(Message&&) noexcept;
  Message& operator=(const Message&);
  Message& operator=(Message&&) noexcept;
  ~Message();
  friend bool operator==(const Message& one, const Message& other);
};

struct Header {
  SessionId session;  // none in HELLO, and in an ERROR to a peer without one
  MessageSeq seq;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Envelope {
  Header header;
  Message message;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

}  // namespace forkmill::proto
