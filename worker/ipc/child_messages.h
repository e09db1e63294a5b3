// Messages of a child to the link, parsed and checked. Views are valid until the next message of that child is read.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "proto/wire/worker_messages.h"
#include "worker/ipc/records.h"

namespace forkmill::worker {

// The child's start-up is over: tasks may be put into its ring.
struct ChildBorn {
  OutputEnds printed;
};

// The attempt `serial` is over.
struct ChildResult {
  std::uint64_t serial = 0;
  Verdict verdict = Verdict::failed;
  Leaving leaving = Leaving::no;
  std::uint64_t run_us = 0;
  std::int64_t retry_delay_ms = -1;
  std::uint16_t code = 0;
  OutputEnds printed;                                // when the handler had returned
  std::string_view payload;                          // if it succeeded
  std::string_view type, message, backtrace, cause;  // if it did not
};

struct ChildProgress {
  std::uint64_t serial = 0;
  double fraction = 0;
  std::string_view note;
};

// A line that the handler of an attempt wants in the worker's log, or output of a command that it runs.
struct ChildLog {
  std::uint64_t serial = 0;
  std::uint32_t level = 0;
  std::string_view text;
  OutputEnds printed;                                 // before the line
  proto::LogSource source = proto::LogSource::lines;  // output, errors: of the command
  std::uint64_t missing = 0;                          // bytes of the output that were dropped before the text
};

// A position in the output: later bytes belong to attempts that the child has not finished.
struct ChildOutputMark {
  OutputEnds printed;
};

// Bytes of a child's stdout or stderr, as the supervisor has read them.
struct ChildOutput {
  bool errors = false;     // from stderr
  std::uint64_t from = 0;  // bytes of that stream before the text
  std::string_view text;
};

using ChildMessage = std::variant<ChildBorn, ChildResult, ChildProgress, ChildLog, ChildOutputMark>;

}  // namespace forkmill::worker
