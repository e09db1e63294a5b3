// Pool tasks: two tasks that every worker has, for a client's Pool (client/include/forkmill/pool.h). Plain data.
//
//     forkmill.pool(PoolSpec) → nothing    as a task with a process: serves the queue of the pool, with its own
//                                          children, until it is told to stop
//     forkmill.chunk(Chunk) → array        calls one function for each item
//
// The arguments of forkmill.chunk are an array of four: name and signature hash of the task (0: not checked), whether
// each item has its own outcome, and an array of strings, each the packed arguments of one item. Without own outcomes
// the result is an array of the results of the items, and the first error is the error of the chunk. With own outcomes
// the result is an array of arrays: [0, result], or [code, type, message, backtrace, cause] of an item that failed.
// A fifth argument, true, asks for an array of one result instead: the results of all items, merged in their order by
// the merge function of the task. Such a chunk has at least one item.
//
// A sixth argument, not 0, is the budget of the chunk in microseconds: once its items have run for so long, or their
// results have kMaxPartBytes, the items that have not begun go back to the client. At least one item runs. The result
// is then a part, a map with these keys in this order:
//
//     0   run time of the items in microseconds
//     1   number of items that have run, from the first one on
//     2   errors as a string: empty, or a packed array of [index, code, type, message, backtrace, cause]. Each item
//     that
//         failed with own outcomes, else the first one. Items behind an error run as well
//     3   array of the results of the items that have not failed, in order. Of a merged chunk: one result, or more than
//         one if an item has failed
//
// A worker that does not know the sixth argument runs all items and gives the result of a chunk without one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <string>

#include "proto/limits.h"

namespace forkmill::proto {

inline constexpr const char* kPoolQueuePrefix = "pool.";  // the beginning of the name of each pool's queue
inline constexpr const char* kPoolTask = "forkmill.pool";
inline constexpr const char* kChunkTask = "forkmill.chunk";

inline constexpr std::size_t kMaxPartBytes = 1024 * 1024;  // results and errors after which a part ends
// The result of one item of a chunk with a budget; a larger one is an error of the item (result_too_large). It leaves
// room for a part that is nearly full.
inline constexpr std::size_t kMaxItemResult = limits::kMaxPayload - 2 * kMaxPartBytes;

struct PoolSpec {
  std::string queue;
  std::uint32_t processes = 0;            // 0: one for each CPU of the worker's machine
  std::uint64_t max_tasks_per_child = 0;  // 0: any number
  std::string initializer;                // a task's name; empty: none
  std::uint64_t initializer_signature = 0;
  std::string initializer_arguments;  // packed
  MSGPACK_DEFINE(queue, processes, max_tasks_per_child, initializer, initializer_signature, initializer_arguments)
};

}  // namespace forkmill::proto
