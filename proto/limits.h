// Limits: every maximum of the protocol. A value beyond one is refused with Errc::message_too_large or the code named
// here; nothing is truncated silently.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace forkmill::proto::limits {

using namespace std::chrono_literals;

inline constexpr std::uint16_t kProtocolMin = 1;
inline constexpr std::uint16_t kProtocolMax = 1;
inline constexpr std::uint16_t kDefaultPort = 7117;

// Sizes in bytes
inline constexpr std::size_t kInlinePayload = 16 * 1024;      // payloads of this size and more have their own frame
inline constexpr std::size_t kMaxPayload = 64 * 1024 * 1024;  // arguments or result of one task
inline constexpr std::size_t kMaxEnvelope = 8 * 1024 * 1024;  // first frame of a message, inline payloads included
inline constexpr std::size_t kMaxFrames = 1024;               // payload frames of one message
inline constexpr std::size_t kMaxName = 128;                  // queue, task, worker and host names
inline constexpr std::size_t kMaxSignature = 4096;
inline constexpr std::size_t kMaxErrorText = 16 * 1024;    // text of an error report; its maker truncates it
inline constexpr std::size_t kShownArguments = 16 * 1024;  // the answer to a query about a task has no more of them
inline constexpr std::size_t kMaxRejectionText = 384;      // why a task was not taken in
inline constexpr std::size_t kMaxOutputTail = 4 * 1024;    // last output of a dead child
inline constexpr std::size_t kMaxProgressNote = 1024;
inline constexpr std::size_t kMaxLogPiece = 16 * 1024;  // bytes that an attempt has printed, in one piece

inline constexpr std::size_t kMaxHeaderBytes = 2048;  // names and values of the headers of one task

// Counts
inline constexpr std::size_t kMaxHeaders = 16;            // a task has no more
inline constexpr std::size_t kBatchTasks = 256;           // tasks in one message of a sender
inline constexpr std::size_t kBatchBytes = 256 * 1024;    // payload bytes after which a sender begins the next message
inline constexpr std::size_t kMaxRecords = 16 * 1024;     // records in one message
inline constexpr std::size_t kMaxRegisteredTasks = 4096;  // task names of one worker
inline constexpr std::size_t kMaxShards = 64;
inline constexpr std::size_t kMaxQueuesPerWorker = 256;
inline constexpr std::size_t kMaxOperations = 64 * 1024;  // unanswered operations of one client
inline constexpr std::size_t kMaxDepth = 16;              // nesting depth of the envelope

// Ranges
inline constexpr int kMinPriority = -100;
inline constexpr int kMaxPriority = 100;
inline constexpr std::uint32_t kMaxAttempts = 1000;
inline constexpr std::chrono::milliseconds kMaxDuration = 24h * 366;
// Longer settings mean this: sums and products of times in microseconds stay far from overflow.
inline constexpr std::chrono::milliseconds kLongestSetting = 24h * 36525;

static_assert(kInlinePayload < kBatchBytes && kBatchBytes < kMaxEnvelope, "a full batch fits in one envelope");
static_assert(kBatchTasks * (kInlinePayload + kMaxHeaderBytes) <= kMaxEnvelope,
              "even a batch of the largest inline payloads and headers fits");
static_assert(kBatchTasks <= kMaxFrames && kBatchTasks <= kMaxRecords);
static_assert(kMaxRecords * (kMaxRejectionText + 64) <= kMaxEnvelope, "all tasks of a message may be rejected");

}  // namespace forkmill::proto::limits
