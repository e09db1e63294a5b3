// Records of the two rings (ring.h). Each has a fixed head, copied as it is because both ends are the same program, and
// bytes behind it.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill::worker {

// link → child
inline constexpr std::uint8_t kTaskRecord = 1;  // TaskHead, queue name, headers (proto/wire/task_headers.h), arguments
// child → link
inline constexpr std::uint8_t kBornRecord = 1;      // OutputEnds: start-up is over
inline constexpr std::uint8_t kResultRecord = 2;    // ResultHead, result or the four texts of the error
inline constexpr std::uint8_t kProgressRecord = 3;  // ProgressHead, note
inline constexpr std::uint8_t kLogRecord = 4;       // LogHead, text: a line, or output of a command
inline constexpr std::uint8_t kOutputRecord = 5;    // OutputEnds: where the output of the next attempt begins

// How many bytes the child has written to stdout and stderr since it was forked.
struct OutputEnds {
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  std::uint64_t output = kUnknown;
  std::uint64_t errors = kUnknown;
  bool known() const { return output != kUnknown && errors != kUnknown; }
  friend bool operator==(const OutputEnds&, const OutputEnds&) = default;
};

struct TaskHead {
  std::uint64_t serial;
  std::uint64_t epoch;
  std::uint64_t seq;
  std::uint32_t attempt;
  std::uint32_t handler;  // index into the registry
  std::uint8_t id[16];
  std::uint32_t queue_length;
  std::uint32_t headers_length;
};

// shortage: the handler could not begin, for want of a process, memory or a descriptor; the message says what.
enum class Verdict : std::uint8_t { succeeded = 0, failed = 1, retry = 2, shortage = 3 };
inline constexpr Verdict kLastVerdict = Verdict::shortage;

struct ResultHead {
  std::uint64_t serial;
  std::uint64_t run_us;         // how long the handler took, by the child's clock
  std::int64_t retry_delay_ms;  // Verdict::retry: −1 leaves the delay to the task's backoff
  std::uint32_t type_length;
  std::uint32_t message_length;
  std::uint32_t backtrace_length;
  std::uint32_t cause_length;
  std::uint32_t unused;
  std::uint16_t code;    // Errc, unless the attempt succeeded
  std::uint8_t verdict;  // Verdict
  std::uint8_t leaving;  // Leaving: whether the child starts no further task, and why
  std::uint8_t unused_too[4];
  OutputEnds printed;  // when the handler had returned; unknown: the child has not looked
};

// descriptors: the handler has closed descriptors that the child itself needs, or has put others in their places.
enum class Leaving : std::uint8_t { no = 0, task_count = 1, memory = 2, descriptors = 3 };
inline constexpr Leaving kLastLeaving = Leaving::descriptors;

struct ProgressHead {
  std::uint64_t serial;
  double fraction;
};

struct LogHead {
  std::uint64_t serial;
  std::uint32_t level;
  std::uint32_t source;   // proto::LogSource: a line, or output of a command that the handler runs
  std::uint64_t missing;  // bytes of that output which were dropped before the text
  OutputEnds printed;     // before the line; unknown: the child has not looked
};

template <class Head>
std::string_view bytes_of(const Head& head) {
  return {reinterpret_cast<const char*>(&head), sizeof head};
}

}  // namespace forkmill::worker
