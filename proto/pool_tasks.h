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
#pragma once

#include <cstdint>
#include <msgpack.hpp>
#include <string>

namespace forkmill::proto {

inline constexpr const char* kPoolQueuePrefix = "pool.";  // the beginning of the name of each pool's queue
inline constexpr const char* kPoolTask = "forkmill.pool";
inline constexpr const char* kChunkTask = "forkmill.chunk";

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
