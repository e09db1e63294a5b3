// SharedArea: the memory that the link and one child share. No sibling maps it, so a wild write in one child reaches
// neither another one nor the link's queues. The supervisor writes into it how much of the child's output it has read.
// It holds two rings (tasks towards the child, results towards the
// link) and the few words by which both sides agree which of them sleeps, what runs and what shall stop.
//
// The link does not trust the child: it checks everything that the child can write before it uses it (ring.h,
// link_end.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

// Why the child sleeps; also its futex word.
enum class Sleep : std::uint32_t { awake = 0, for_tasks = 1, for_space = 2 };

// State of the attempt that stands beside it in one word.
enum class Doing : std::uint64_t { idle = 0, running = 1, condemned = 2 };

// The serial of an attempt and its state in one word. By a compare-and-swap on it, the link condemns exactly the
// attempt that it means, or finds that the child has gone on to another one. Serials count from 1 in the life of one
// link.
constexpr std::uint64_t current_word(std::uint64_t serial, Doing doing) {
  return serial << 2 | static_cast<std::uint64_t>(doing);
}

// Positions of a ring count bytes since the ring was made and never wrap. Their remainder by the capacity is the
// offset.
struct RingCursor {
  alignas(64) std::atomic<std::uint64_t> head;  // written by the producer: the end of the records
  alignas(64) std::atomic<std::uint64_t> tail;  // written by the consumer: everything before it has been read
};

// All zeros is the state before the child is born.
struct AreaHead {
  alignas(64) std::atomic<std::uint32_t> child_sleeps;  // Sleep
  alignas(64) std::atomic<std::uint32_t> link_sleeps;   // 1: the link waits for its bell
  std::atomic<std::uint32_t> link_wants_space;          // 1: ring the bell when half the task ring is free
  alignas(64) std::atomic<std::uint64_t> current;       // current_word(serial, doing)
  alignas(64) std::atomic<std::uint64_t> stop_serial;   // the attempt whose handler shall stop softly; 0: none
  std::atomic<std::uint32_t> stop_bell;                 // changes with stop_serial; futex word of the stop watcher
  alignas(64) std::atomic<std::uint32_t> born;          // 1: start-up is over
  // Bytes of the child's stdout and stderr that the supervisor has read. output_reads is odd while it reads.
  alignas(64) std::atomic<std::uint32_t> output_reads;
  std::atomic<std::uint64_t> output_read[2];
  RingCursor tasks;
  RingCursor results;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "a futex word");

inline constexpr std::size_t kRingBytes = 256 * 1024;  // capacity of each ring; larger messages go in fragments

class SharedArea {
 public:
  // Makes a memory file of the right size, all zeros. It is sealed: if one side could shrink it, the other would get
  // SIGBUS. Throws std::system_error.
  static proto::Descriptor create();
  // Maps the memory file; the descriptor may be closed afterwards. Throws std::system_error.
  static SharedArea map(int fd);
  // Forks that this process makes from now on do not have the mapping. Throws std::system_error.
  void hide_from_forks() const;
  // True if the child that used the shared area got through its start-up.
  static bool was_born(int fd);

  SharedArea(SharedArea&& other) noexcept;
  SharedArea& operator=(SharedArea&& other) noexcept;
  ~SharedArea();

  AreaHead& head() const { return *static_cast<AreaHead*>(memory_); }
  char* task_bytes() const;
  char* result_bytes() const;

 private:
  explicit SharedArea(void* memory) : memory_{memory} {}
  void* memory_;
};

// Blocks until `word` is not `expected` any more, or until a wake-up or a signal.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected);
void futex_wake(std::atomic<std::uint32_t>& word);

}  // namespace forkmill::worker
