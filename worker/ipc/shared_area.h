// SharedArea: the shared memory between the link and one child. Nobody else maps it, so a wild write in one child
// reaches neither a sibling nor the queue. It holds two rings (tasks towards the child, results towards the link) and
// the few words by which both sides agree on who sleeps, what runs and what shall stop.
//
// The child is not trusted: whatever it can write is checked by the link before use (ring.h, link_end.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "proto/transport/descriptor.h"

namespace forkmill::worker {

// Why the child sleeps; also its futex word.
enum class Sleep : std::uint32_t { awake = 0, for_tasks = 1, for_space = 2 };

// What the child does with the attempt named beside it.
enum class Doing : std::uint64_t { idle = 0, running = 1, condemned = 2 };

// Serial of an attempt within the life of one link, from 1, and what is done with it, in one word: the link condemns
// exactly the attempt it means, or finds that the child has gone on to another one.
constexpr std::uint64_t current_word(std::uint64_t serial, Doing doing) {
  return serial << 2 | static_cast<std::uint64_t>(doing);
}

// Positions count bytes since the ring was made and never wrap; their remainder by the capacity is the offset.
struct RingCursor {
  alignas(64) std::atomic<std::uint64_t> head;  // written by the producer: records end here
  alignas(64) std::atomic<std::uint64_t> tail;  // written by the consumer: everything before has been read
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
  RingCursor tasks;
  RingCursor results;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "a futex word");

inline constexpr std::size_t kRingBytes = 256 * 1024;  // of each ring; larger messages go through in fragments

class SharedArea {
 public:
  // A memory file of the right size, all zeros, which nobody can shrink (that would be a SIGBUS for the other side).
  // Throws std::system_error.
  static proto::Descriptor create();
  // Maps it; the descriptor may be closed afterwards. Throws std::system_error.
  static SharedArea map(int fd);
  // Whether the child that used the shared area got through its start-up.
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

// Sleeps until the word is no longer `expected`, or a wake-up, or a signal.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected);
void futex_wake(std::atomic<std::uint32_t>& word);

}  // namespace forkmill::worker
