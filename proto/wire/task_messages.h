// Messages about tasks, between clients and the broker: SUBMIT, RESULTS, CANCEL … PROGRESS and STARTED come from
// workers.
#pragma once

#include <forkmill/errc.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/durability.h"
#include "proto/ids.h"
#include "proto/payload.h"
#include "proto/shared_text.h"
#include "proto/wire/boxed.h"
#include "proto/wire/loan_in_value.h"
#include "proto/wire/short_list.h"

namespace forkmill::proto {

// Wait before attempt n+1: initial * 2^(n-1), `most` at most; then up to `jitter_percent` of that more or less.
struct Backoff {
  milliseconds initial{1000};
  milliseconds most{60'000};
  std::uint8_t jitter_percent = 20;
  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// TaskHeader: a name and a value that travel with a task from its submitter to its handler.
struct TaskHeader {
  std::string name;
  std::string value;
  friend bool operator==(const TaskHeader&, const TaskHeader&) = default;
};
using TaskHeaders = std::vector<TaskHeader>;

struct TaskOptions {
  std::int8_t priority = 0;
  milliseconds delay{0};       // counts from arrival at the broker
  milliseconds not_before{0};  // unix time; 0: none
  std::uint32_t max_attempts = 3;
  Backoff backoff;
  milliseconds soft_timeout{0};  // limits one attempt; 0: none
  milliseconds timeout{0};       // limits one attempt; 0: none
  milliseconds expires{0};       // counts from arrival; the first attempt must have started by then; 0: never
  Durability durability = Durability::of_queue;
  bool retry_errors = false;
  milliseconds result_ttl{0};  // 0: the broker's default
  std::string key;             // idempotency key; empty: none
  bool at_most_once = false;   // never started twice, even if the first attempt is lost
  bool process = false;        // runs in a child that is forked for this task and ends with it
  bool daemon = false;         // is cancelled when the session of its submitter ends
  std::string label;           // name for people
  bool dead_letter = true;     // becomes a dead letter when it has failed for good
  TaskHeaders headers;         // by rising name; travel to the handler
  friend bool operator==(const TaskOptions&, const TaskOptions&) = default;
};

// TaskSpec: everything about a task except its id and its arguments. Tasks that were submitted alike share one.
struct TaskSpec {
  std::string queue;
  std::string name;
  std::uint64_t signature = 0;  // hash; 0: not checked
  TaskOptions options;
  // The broker's notes, which are stored with the task and never sent.
  std::string principal{};            // its submitter's principal; empty: the broker's own user, or not known
  std::optional<TaskId> owners_id{};  // the id by which its submitter knows it; none: that of the task
  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};
using SharedSpec = std::shared_ptr<const TaskSpec>;  // never null

// Returns a spec without names, with default options.
const SharedSpec& blank_spec();
// Returns the spec of one task for a change, which concerns no other task.
TaskSpec& own_spec(SharedSpec& spec);

struct Submission {
  TaskId id;
  SharedSpec spec = blank_spec();
  Payload payload;

  TaskSpec& edit() { return own_spec(spec); }
  friend bool operator==(const Submission& a, const Submission& b) {
    return a.id == b.id && (a.spec == b.spec || *a.spec == *b.spec) && a.payload == b.payload;
  }
};

struct Submit {
  std::vector<Submission> tasks;
  friend bool operator==(const Submit&, const Submit&) = default;
};

// Numbers of messages that are acknowledged: mostly of one or a few.
using MessageSeqs = ShortList<MessageSeq>;

struct Rejection {
  TaskId id;
  Errc code = Errc::unknown;
  std::string text;
  friend bool operator==(const Rejection&, const Rejection&) = default;
};

// Every task of the SUBMITs in `messages` is now as safe as its options ask, except those rejected.
struct SubmitAck {
  MessageSeqs messages;
  CommitSeq commit;
  std::vector<Rejection> rejected;
  friend bool operator==(const SubmitAck&, const SubmitAck&) = default;
};

enum class OutcomeKind : std::uint8_t {
  succeeded = 1,
  failed = 2,  // the handler threw, or could not be called
  retry = 3,   // the handler asked for another attempt; from worker to broker only
  lost = 4,    // the child or its worker ended or did not come back
  timed_out = 5,
  cancelled = 6,
  expired = 7,   // not started in time
  rejected = 8,  // never accepted
};
constexpr OutcomeKind last_of(OutcomeKind) { return OutcomeKind::rejected; }

// The end of a child, as its supervisor saw it.
struct Forensics {
  std::int32_t exit_code = -1;  // -1: a signal ended the child
  std::int32_t signal = 0;
  std::uint64_t user_us = 0;
  std::uint64_t system_us = 0;
  std::uint64_t max_rss_bytes = 0;
  std::string output;  // last lines on stdout and stderr
  friend bool operator==(const Forensics&, const Forensics&) = default;
};

struct ErrorReport {
  Errc code = Errc::unknown;
  std::string type;  // demangled type of the exception
  std::string message;
  std::string backtrace;
  std::string cause;    // nested exceptions, outermost first, one per line
  Forensics forensics;  // OutcomeKind::lost
  friend bool operator==(const ErrorReport&, const ErrorReport&) = default;
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::succeeded;
  Attempt attempt;
  SharedText worker;
  Payload value;             // OutcomeKind::succeeded
  Boxed<ErrorReport> error;  // all other kinds
  // How long the attempt ran, as far as the broker knows. Set by the broker; 0: it did not start, or an earlier version
  // has recorded the outcome.
  std::uint64_t run_us = 0;

  // Returns about how many bytes the value and the texts take in a message.
  std::size_t bytes() const {
    std::size_t texts = 0;
    if (error)
      texts = error->type.size() + error->message.size() + error->backtrace.size() + error->cause.size() +
              error->forensics.output.size();
    return value.size() + texts;
  }
  // Returns the outcome of a task that has not succeeded.
  static Outcome ended(OutcomeKind kind, Errc code, std::string message);
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Returns when an attempt that ended at `ended_at` after `run_us` started. 0: it did not start, or that is not known.
constexpr milliseconds started_at(milliseconds ended_at, std::uint64_t run_us) {
  return run_us == 0 ? milliseconds{0} : ended_at - milliseconds{static_cast<std::int64_t>((run_us + 999) / 1000)};
}

struct TaskResult {
  TaskId id;
  Outcome outcome;
  // Hash (body_hash.h) of a task under a key, by which a client recognizes the result of another task that has been
  // submitted under the same key, and so the same id; 0: not given.
  std::uint64_t body = 0;
  friend bool operator==(const TaskResult&, const TaskResult&) = default;
};

// Broker to client. Sent again in each later session until RESULT_ACK names the seq of the message.
struct Results {
  std::vector<TaskResult> results;
  std::vector<LoanInValue> loans{};  // in the values of the results
  friend bool operator==(const Results&, const Results&) = default;
};

struct ResultAck {
  MessageSeqs messages;
  friend bool operator==(const ResultAck&, const ResultAck&) = default;
};

// Asks for the results of these tasks. RESULTS answer as the tasks end, and at once for unknown ids (rejected,
// task_unknown).
struct Attach {
  std::vector<TaskId> ids;
  friend bool operator==(const Attach&, const Attach&) = default;
};

struct Cancel {
  std::vector<TaskId> ids;
  std::vector<TaskId> unless_started{};  // are cancelled only if they have not started
  friend bool operator==(const Cancel&, const Cancel&) = default;
};

enum class CancelState : std::uint8_t {
  cancelled = 1,  // not started, and never will be
  requested = 2,  // running; the handler was asked to stop and may still finish
  finished = 3,   // ended before the request
  unknown = 4,
  started = 5,  // started, and not asked to stop: the answer to `unless_started`
};
constexpr CancelState last_of(CancelState) { return CancelState::started; }

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

// Worker to broker, broker to client. May be lost; the next one replaces it.
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

// Worker to broker, broker to client. Sent again in each new session until the task ends.
struct Started {
  std::vector<StartedNote> notes;
  friend bool operator==(const Started&, const Started&) = default;
};

}  // namespace forkmill::proto
