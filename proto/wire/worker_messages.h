// Messages between the broker and workers: CREDIT, GRANTS, OUTCOMES, REVOKE, SIGNALS, REPORT …
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/payload.h"
#include "proto/wire/task_messages.h"

namespace forkmill::proto {

// Total of the grants that the worker accepts since the count of its session began (Welcome::granted). The number is
// absolute, so a repeat is harmless.
struct Credit {
  std::uint64_t total = 0;
  friend bool operator==(const Credit&, const Credit&) = default;
};

struct GrantedTask {
  Grant grant;
  TaskId id;
  // Only these options travel to the worker: soft_timeout, timeout, process, daemon, label and headers.
  SharedSpec spec = blank_spec();
  Payload payload;
  std::uint32_t parent = 0;  // pid of the program that submitted the task

  TaskSpec& edit() { return own_spec(spec); }
  // Compares what travels.
  friend bool operator==(const GrantedTask& a, const GrantedTask& b);
};

struct Grants {
  std::vector<GrantedTask> tasks;
  friend bool operator==(const Grants&, const Grants&) = default;
};

struct OutcomeRecord {
  Grant grant;
  Outcome outcome;
  milliseconds retry_delay{-1};  // OutcomeKind::retry: as the handler asked; negative: by the backoff of the task
  std::uint64_t run_us = 0;
  bool logs_follow = false;  // LOGS of this attempt will come after the outcome, until one is the last
  friend bool operator==(const OutcomeRecord&, const OutcomeRecord&) = default;
};

// Worker to broker. The worker keeps outcomes until OUTCOME_ACK, and sends them again in its next session.
struct Outcomes {
  std::vector<OutcomeRecord> outcomes;
  std::uint64_t credit = 0;  // as in CREDIT
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

struct OutcomeAck {
  MessageSeqs messages;
  friend bool operator==(const OutcomeAck&, const OutcomeAck&) = default;
};

// Worker to broker: grants that were not started and are handed back; no attempt is counted. The worker forgets them
// when it sends this.
struct Return {
  std::vector<Grant> grants;
  std::uint64_t credit = 0;
  milliseconds pause{0};   // the worker is short of something: grant it nothing for so long
  std::string shortage{};  // the reason in words, for operators
  friend bool operator==(const Return&, const Return&) = default;
};

// Broker to worker: do not start these grants, and stop those that are running.
struct Revoke {
  std::vector<Grant> grants;
  std::vector<Grant> unless_started{};  // grants that are taken back only if they do not run
  bool empty() const { return grants.empty() && unless_started.empty(); }
  friend bool operator==(const Revoke&, const Revoke&) = default;
};

enum class RevokeState : std::uint8_t {
  returned = 1,  // not started, and never will be
  stopping = 2,  // running; the outcome follows
  unknown = 3,   // not held, or the outcome is already sent
  started = 4,   // started, and goes on: the answer to `unless_started`
};
constexpr RevokeState last_of(RevokeState) { return RevokeState::started; }

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

// Worker to broker: no more grants. The worker returns those that are not started, and finishes those that are. Broker
// to worker: asks it to do so, as an operator has ordered.
struct Drain {
  bool restart = false;  // broker to worker: start again afterwards
  friend bool operator==(const Drain&, const Drain&) = default;
};

// Broker to worker: the number of children that the pool is to have from now on. Sent again in later sessions until
// HELLO tells this number.
struct Scale {
  std::uint32_t children = 0;
  friend bool operator==(const Scale&, const Scale&) = default;
};

// Worker to broker: the number of places for children that the pool has now. The answer to SCALE.
struct Scaled {
  std::uint32_t children = 0;
  friend bool operator==(const Scaled&, const Scaled&) = default;
};

// Where a piece of an attempt's log comes from.
enum class LogSource : std::uint8_t { output = 1, errors = 2, lines = 3 };
constexpr LogSource last_of(LogSource) { return LogSource::lines; }

// Bytes of an attempt's log: of its stdout, of its stderr, or one line of Context::log().
struct LogPiece {
  std::uint64_t position = 0;  // bytes of the log before the piece, dropped ones as well
  LogSource source = LogSource::output;
  std::uint8_t level = 0;  // lines: LogLevel
  std::string text;
  friend bool operator==(const LogPiece&, const LogPiece&) = default;
};

struct LogNote {
  Grant grant;
  std::vector<LogPiece> pieces;  // by rising position; what lies between them was dropped
  std::uint64_t end = 0;         // bytes of the log so far, dropped ones as well
  bool last = false;             // the attempt is over, and this is all
  friend bool operator==(const LogNote&, const LogNote&) = default;
};

// Worker to broker. May be lost: the position of the next piece shows it.
struct Logs {
  std::vector<LogNote> notes;
  friend bool operator==(const Logs&, const Logs&) = default;
};

// How many bytes of an attempt's log are kept in a queue.
struct QueueLogLimit {
  std::string queue;
  std::uint64_t bytes = 0;  // 0: none, and LOGS of its tasks are not wanted
  friend bool operator==(const QueueLogLimit&, const QueueLogLimit&) = default;
};

// Broker to worker: the limits of queues that do not have that of WELCOME, or had another one before.
struct LogLimits {
  std::vector<QueueLogLimit> limits;
  friend bool operator==(const LogLimits&, const LogLimits&) = default;
};

// Broker to worker: a signal for the process of a task with TaskOptions::process.
struct SignalNote {
  Grant grant;
  std::int32_t signal = 0;
  std::uint64_t number = 0;  // rises with each signal to this worker, so that a repeat is harmless; 0: not numbered
  friend bool operator==(const SignalNote&, const SignalNote&) = default;
};
struct Signals {
  std::vector<SignalNote> notes;
  friend bool operator==(const Signals&, const Signals&) = default;
};

// Worker to broker: these children have ended, and with them all clients that lived in one.
struct ChildrenGone {
  std::vector<std::uint32_t> pids;
  std::vector<std::uint32_t> in_order{};  // pids of those that exited: no signal ended them
  friend bool operator==(const ChildrenGone&, const ChildrenGone&) = default;
};

enum class ProcessRole : std::uint8_t { supervisor = 1, link = 2, child = 3, process = 4 };
constexpr ProcessRole last_of(ProcessRole) { return ProcessRole::process; }

// A process of a worker, as the kernel shows it.
struct ProcessRow {
  std::uint32_t pid = 0;
  std::uint32_t parent = 0;
  ProcessRole role = ProcessRole::child;
  std::string state;  // letter, as ps shows it
  std::uint64_t cpu_us = 0;
  std::uint64_t rss_bytes = 0;
  milliseconds started_at{0};       // unix time
  Grant grant;                      // the attempt that it runs, or none
  std::string command;              // name and label of the task, or the role of the process
  milliseconds task_started_at{0};  // unix time; start of the attempt; 0: none, or not known
  friend bool operator==(const ProcessRow&, const ProcessRow&) = default;
};

// Worker to broker, about once in a heartbeat interval.
struct Report {
  std::vector<ProcessRow> processes;
  friend bool operator==(const Report&, const Report&) = default;
};

}  // namespace forkmill::proto
