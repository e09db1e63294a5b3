#include "worker/ipc/link_end.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "proto/limits.h"

namespace forkmill::worker {

namespace {

// Removes a head from the front of the message, by copy: the child may be changing the bytes meanwhile.
template <class Head>
bool read_head(std::string_view& message, Head& head) {
  if (message.size() < sizeof head) return false;
  std::memcpy(&head, message.data(), sizeof head);
  message.remove_prefix(sizeof head);
  return true;
}

bool read_text(std::string_view& message, std::size_t length, std::string_view& text) {
  if (message.size() < length || length > proto::limits::kMaxErrorText) return false;
  text = message.substr(0, length);
  message.remove_prefix(length);
  return true;
}

bool is_source(std::uint32_t number) {
  return number >= static_cast<std::uint32_t>(proto::LogSource::output) &&
         number <= static_cast<std::uint32_t>(proto::LogSource::lines);
}

constexpr auto kQueued = static_cast<std::uint32_t>(RecordState::queued);
constexpr auto kRevoked = static_cast<std::uint32_t>(RecordState::revoked);
constexpr auto kAwake = static_cast<std::uint32_t>(Sleep::awake);
constexpr auto kForTasks = static_cast<std::uint32_t>(Sleep::for_tasks);
constexpr auto kForSpace = static_cast<std::uint32_t>(Sleep::for_space);

}  // namespace

LinkEnd::LinkEnd(SharedArea shared_area)
    : shared_area_{std::move(shared_area)},
      tasks_{shared_area_.head().tasks, shared_area_.task_bytes()},
      results_{shared_area_.head().results, shared_area_.result_bytes()} {}

void LinkEnd::send(const TaskHead& head, std::string_view queue, const proto::Payload& arguments,
                   std::string_view headers) {
  TaskHead whole = head;
  whole.queue_length = static_cast<std::uint32_t>(queue.size());
  whole.headers_length = static_cast<std::uint32_t>(headers.size());
  Sent& sent = sent_.emplace_back();
  sent.serial = head.serial;
  sent.size = sizeof whole + queue.size() + headers.size() + arguments.size();
  const std::array<std::string_view, 4> message{bytes_of(whole), queue, headers, arguments.view()};
  if (unwritten_.empty() && write(sent, message)) return;
  unwritten_.push_back({whole, std::string{queue}, std::string{headers}, arguments});
}

bool LinkEnd::write(Sent& sent, Pieces message) {
  while (sent.written < sent.size) {
    const bool first = sent.written == 0;
    const auto position = tasks_.push(kTaskRecord, message, sent.written, RecordState::queued);
    if (!position) return false;
    if (first) sent.position = *position;
    pushed_ = true;
  }
  return true;
}

void LinkEnd::write_unwritten() {
  while (!unwritten_.empty()) {
    const Unwritten& next = unwritten_.front();
    const std::array<std::string_view, 4> message{bytes_of(next.head), next.queue, next.headers, next.arguments.view()};
    if (!write(sent_[sent_.size() - unwritten_.size()], message)) return;
    unwritten_.pop_front();
  }
}

bool LinkEnd::revoke(std::uint64_t serial) {
  // From the back: mostly the last tasks are revoked.
  const auto found = std::find_if(sent_.rbegin(), sent_.rend(), [&](const Sent& s) { return s.serial == serial; });
  if (found == sent_.rend()) return false;
  const auto from_end = found - sent_.rbegin();
  if (found->written != 0) {
    auto* state = tasks_.state_at(found->position);
    std::uint32_t expected = kQueued;
    if (state == nullptr || !state->compare_exchange_strong(expected, kRevoked)) return false;
  }
  const auto waiting = static_cast<std::ptrdiff_t>(unwritten_.size());
  if (from_end < waiting) unwritten_.erase(unwritten_.begin() + (waiting - 1 - from_end));
  sent_.erase(std::next(found).base());
  return true;
}

bool LinkEnd::condemn(std::uint64_t serial) {
  std::uint64_t expected = current_word(serial, Doing::running);
  return shared_area_.head().current.compare_exchange_strong(expected, current_word(serial, Doing::condemned));
}

void LinkEnd::request_stop(std::uint64_t serial) {
  AreaHead& head = shared_area_.head();
  head.stop_serial.store(serial, std::memory_order_seq_cst);
  head.stop_bell.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(head.stop_bell);
}

std::optional<ChildMessage> LinkEnd::receive() {
  while (!damaged_) {
    if (std::exchange(unconsumed_, false)) {
      results_.consume();
      consumed_ = true;
    }
    Record record;
    const auto look = results_.look(record);
    if (look == RingReader::Look::empty) {
      damaged_ = tasks_.corrupt();
      break;
    }
    unconsumed_ = look == RingReader::Look::record;
    const auto added = unconsumed_ ? assembler_.add(record) : Assembler::Added::corrupt;
    if (added == Assembler::Added::part) continue;
    std::optional<ChildMessage> message;
    if (added == Assembler::Added::whole) message = parse(assembler_.kind(), assembler_.message());
    damaged_ = !message;
    return message;
  }
  return std::nullopt;
}

std::optional<ChildMessage> LinkEnd::parse(std::uint8_t kind, std::string_view message) {
  switch (kind) {
    case kBornRecord: {
      OutputEnds printed;
      (void)read_head(message, printed);
      return ChildBorn{printed};
    }
    case kResultRecord:
      return parse_result(message);
    case kProgressRecord: {
      ProgressHead head;
      if (!read_head(message, head)) return std::nullopt;
      return ChildProgress{head.serial, head.fraction, message};
    }
    case kLogRecord: {
      LogHead head;
      if (!read_head(message, head) || !is_source(head.source)) return std::nullopt;
      return ChildLog{head.serial, head.level, message, head.printed, static_cast<proto::LogSource>(head.source),
                      head.missing};
    }
    case kOutputRecord: {
      OutputEnds printed;
      if (!read_head(message, printed)) return std::nullopt;
      return ChildOutputMark{printed};
    }
    default:
      return std::nullopt;
  }
}

std::optional<ChildMessage> LinkEnd::parse_result(std::string_view message) {
  ResultHead head;
  if (!read_head(message, head) || head.verdict > static_cast<std::uint8_t>(kLastVerdict) ||
      head.leaving > static_cast<std::uint8_t>(kLastLeaving)) {
    return std::nullopt;
  }
  // From the front: mostly the first task is answered.
  const auto sent = std::ranges::find(sent_, head.serial, &Sent::serial);
  if (sent == sent_.end() || sent->written < sent->size || !sent->is_started(tasks_)) return std::nullopt;
  ChildResult result;
  result.serial = head.serial;
  result.verdict = static_cast<Verdict>(head.verdict);
  result.leaving = static_cast<Leaving>(head.leaving);
  result.run_us = head.run_us;
  result.retry_delay_ms = head.retry_delay_ms;
  result.code = head.code;
  result.printed = head.printed;
  if (result.verdict == Verdict::succeeded) {
    if (message.size() > proto::limits::kMaxPayload) return std::nullopt;
    result.payload = message;
  } else if (!read_text(message, head.type_length, result.type) ||
             !read_text(message, head.message_length, result.message) ||
             !read_text(message, head.backtrace_length, result.backtrace) ||
             !read_text(message, head.cause_length, result.cause)) {
    return std::nullopt;
  }
  if (sent == sent_.begin())
    sent_.pop_front();
  else
    sent_.erase(sent);
  return result;
}

bool LinkEnd::Sent::is_started(const RingWriter& tasks) const {
  if (written == 0) return false;
  const auto* state = tasks.state_at(position);
  return state == nullptr || state->load() != kQueued;
}

std::vector<std::uint64_t> LinkEnd::started() const {
  std::vector<std::uint64_t> serials;
  for (const Sent& sent : sent_)
    if (sent.is_started(tasks_)) serials.push_back(sent.serial);
  return serials;
}

void LinkEnd::flush() {
  AreaHead& head = shared_area_.head();
  if (!unwritten_.empty()) {
    // The wish is announced before the attempt to write: the child looks at it after it has made room.
    head.link_wants_space.store(1, std::memory_order_seq_cst);
    write_unwritten();
    if (unwritten_.empty()) head.link_wants_space.store(0, std::memory_order_relaxed);
  }
  const bool pushed = std::exchange(pushed_, false);
  const bool consumed = std::exchange(consumed_, false);
  if (pushed) tasks_.settle();
  if (consumed) results_.publish();
  if (!pushed && !consumed) return;
  auto sleep = head.child_sleeps.load(std::memory_order_seq_cst);
  const bool wanted = (pushed && sleep == kForTasks) || (consumed && sleep == kForSpace);
  if (wanted && head.child_sleeps.compare_exchange_strong(sleep, kAwake)) futex_wake(head.child_sleeps);
}

bool LinkEnd::doze() {
  shared_area_.head().link_sleeps.store(1, std::memory_order_seq_cst);
  if (results_.empty()) return true;
  wake();
  return false;
}

}  // namespace forkmill::worker
