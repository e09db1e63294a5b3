#include "worker/ipc/child_end.h"

#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

#include "proto/check.h"
#include "worker/os/forked_copy.h"

namespace forkmill::worker {

ChildEnd::ChildEnd(SharedArea shared_area, int link_bell)
    : shared_area_{std::move(shared_area)},
      bell_{link_bell},
      tasks_{shared_area_.head().tasks, shared_area_.task_bytes()},
      results_{shared_area_.head().results, shared_area_.result_bytes()} {
  shared_area_.hide_from_forks();
}

void ChildEnd::born(const OutputEnds& printed) {
  shared_area_.head().born.store(1, std::memory_order_seq_cst);
  const std::array<std::string_view, 1> pieces{bytes_of(printed)};
  say(kBornRecord, pieces);
}

void ChildEnd::wait_for_tasks() {
  waited_ = true;
  auto& sleeps = shared_area_.head().child_sleeps;
  constexpr auto kAsleep = static_cast<std::uint32_t>(Sleep::for_tasks);
  sleeps.store(kAsleep, std::memory_order_seq_cst);
  // The word is written before the ring is read. The link writes the ring before it reads the word: one of the two sees
  // the other.
  while (tasks_.empty() && sleeps.load(std::memory_order_seq_cst) == kAsleep) futex_wait(sleeps, kAsleep);
  sleeps.store(static_cast<std::uint32_t>(Sleep::awake), std::memory_order_relaxed);
}

void ChildEnd::wait_for_space() {
  waited_ = true;
  auto& head = shared_area_.head();
  constexpr auto kAsleep = static_cast<std::uint32_t>(Sleep::for_space);
  head.child_sleeps.store(kAsleep, std::memory_order_seq_cst);
  // Waits until three quarters are free: a wake-up for each freed record would cost more than it moves.
  const auto full = [&] {
    return results_.head() - head.results.tail.load(std::memory_order_seq_cst) > kRingBytes / 4;
  };
  while (full() && head.child_sleeps.load(std::memory_order_seq_cst) == kAsleep) {
    futex_wait(head.child_sleeps, kAsleep);
  }
  head.child_sleeps.store(static_cast<std::uint32_t>(Sleep::awake), std::memory_order_relaxed);
}

void ChildEnd::ring_if_asleep() {
  auto& sleeps = shared_area_.head().link_sleeps;
  if (sleeps.load(std::memory_order_seq_cst) == 0 || sleeps.exchange(0) == 0) return;
  ring();
}

void ChildEnd::ring() {
  if (!bell_.ring()) missed_bell_ = true;
}

void ChildEnd::say(std::uint8_t kind, Pieces pieces) {
  if (is_forked_copy()) return;
  const std::lock_guard lock{saying_};
  std::size_t from = 0;
  std::size_t total = 0;
  for (auto piece : pieces) total += piece.size();
  for (;;) {
    if (!results_.push(kind, pieces, from, RecordState::none)) {
      FORKMILL_CHECK(!results_.corrupt());
      results_.settle();
      ring_if_asleep();
      wait_for_space();
    } else if (from >= total) {
      break;
    }
  }
  results_.settle();
  ring_if_asleep();
}

void ChildEnd::release() {
  if (tasks_.consume()) offer_space();
}

// Wakes the link if it waits for the space that has been freed.
void ChildEnd::offer_space() {
  auto& wants = shared_area_.head().link_wants_space;
  if (wants.load(std::memory_order_seq_cst) == 0 || tasks_.room() < kRingBytes / 2 || wants.exchange(0) == 0) return;
  ring();
}

bool ChildEnd::claim(const Record& record) {
  if (record.kind == kRestRecord) return assembler_.under_way();  // otherwise of a task that was revoked half-way
  auto expected = static_cast<std::uint32_t>(RecordState::queued);
  return record.state->compare_exchange_strong(expected, static_cast<std::uint32_t>(RecordState::started));
}

StartedTask ChildEnd::next() {
  if (std::exchange(unreleased_, false)) release();
  for (;;) {
    Record record;
    const auto look = tasks_.look(record);
    FORKMILL_CHECK(look != RingReader::Look::corrupt);
    if (look == RingReader::Look::empty) {
      tasks_.publish();
      offer_space();
      wait_for_tasks();
      continue;
    }
    if (!claim(record)) {
      release();
      continue;
    }
    const auto added = assembler_.add(record);
    FORKMILL_CHECK(added != Assembler::Added::corrupt);
    if (added == Assembler::Added::part) {
      release();
      continue;
    }
    unreleased_ = true;
    break;
  }
  std::string_view message = assembler_.message();
  StartedTask task;
  FORKMILL_CHECK(message.size() >= sizeof task.head);
  std::memcpy(&task.head, message.data(), sizeof task.head);
  message.remove_prefix(sizeof task.head);
  task.queue = message.substr(0, task.head.queue_length);
  message.remove_prefix(task.queue.size());
  task.headers = message.substr(0, task.head.headers_length);
  task.arguments = message.substr(task.headers.size());
  task.at_once = !waited_;
  if (!task.at_once) waited_ = false;
  shared_area_.head().current.store(current_word(task.head.serial, Doing::running), std::memory_order_seq_cst);
  return task;
}

bool ChildEnd::finish(std::uint64_t serial) {
  std::uint64_t expected = current_word(serial, Doing::running);
  return shared_area_.head().current.compare_exchange_strong(expected, current_word(serial, Doing::idle));
}

}  // namespace forkmill::worker
