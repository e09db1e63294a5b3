#include "client/session/submissions.h"

#include <forkmill/signature.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "client/session/batches.h"
#include "proto/buggify.h"

namespace forkmill::client {

namespace {

constexpr std::size_t kPerTask = 320;  // bytes that a submission takes beside its payload

std::size_t bytes_of(const proto::Submission& task) { return task.payload.size() + kPerTask; }

bool is_temporary(Errc code) {
  return code == Errc::queue_full || code == Errc::disk_full || code == Errc::quota_exceeded ||
         code == Errc::memory_full || code == Errc::results_full || code == Errc::shutting_down;
}

// The text of a rejection; the broker knows the signature of the workers, and this program its own.
std::string text_of_rejection(const proto::Rejection& why, const proto::TaskSpec& spec) {
  const auto own = detail::KnownSignature::text_of(spec.signature);
  if (why.code != Errc::signature_mismatch || own.empty()) return why.text;
  return why.text + ", and this program as " + std::string{own};
}

}  // namespace

Submissions::Submissions(const SessionOptions& options, OutstandingTasks& tasks)
    : on_queue_full_{options.on_queue_full},
      resend_for_{options.resend_for},
      tasks_{tasks},
      full_queues_{~options.seed} {}

void Submissions::hold(const proto::Submission& task) {
  ++held_.tasks;
  held_.bytes += bytes_of(task);
}

void Submissions::release(const proto::Submission& task) {
  --held_.tasks;
  held_.bytes -= bytes_of(task);
}

void Submissions::add(proto::Submission&& task, Cookie cookie) {
  if (!tasks_.add(task, cookie)) return;
  hold(task);
  if (!full_queues_.add_behind(task)) waiting_.push_back(std::move(task));
}

void Submissions::new_session(const proto::Welcome& welcome) { unacknowledged_.begin(welcome, waiting_); }

void Submissions::clear() {
  waiting_.clear();
  unacknowledged_.clear();
  full_queues_.clear();
  held_ = {};
}

// ---- Sending --------------------------------------------------------------------------------------------------------

void Submissions::flush(Instant now, Conversation& conversation) {
  full_queues_.move_due(now, waiting_);
  if (!news_.empty()) conversation.warn(std::exchange(news_, {}));
  while (!waiting_.empty()) {
    auto message = next_message();
    if (message.tasks.empty()) return;
    auto kept = message.tasks;  // payloads are shared
    unacknowledged_.add(conversation.send(now, std::move(message)), std::move(kept));
  }
}

// The submissions of one message: within a batch and within the window.
proto::Submit Submissions::next_message() {
  proto::Submit message;
  message.tasks.reserve(std::min(waiting_.size(), proto::limits::kBatchTasks));
  std::size_t bytes = 0;
  while (!waiting_.empty() && message.tasks.size() < proto::limits::kBatchTasks) {
    auto& task = waiting_.front();
    auto* entry = tasks_.find(task);
    if (!is_wanted(task, entry)) {
      const auto unwanted = std::move(task);
      waiting_.pop_front();
      release(unwanted);
      full_queues_.settled(unwanted);
      continue;
    }
    const bool full = bytes > 0 && bytes + task.payload.size() > proto::limits::kBatchBytes;
    if (full || !unacknowledged_.fits(task)) break;
    entry->phase = OutstandingTasks::Phase::sent;
    bytes += task.payload.size();
    unacknowledged_.count(task);
    message.tasks.push_back(std::move(task));
    waiting_.pop_front();
    if (proto::buggify(proto::Path::one_submission)) break;
  }
  return message;
}

// False: the task has ended meanwhile. It may be waited for nevertheless, by its id alone.
bool Submissions::is_wanted(const proto::Submission& task, const OutstandingTasks::Entry* entry) {
  return entry != nullptr && (entry->phase != OutstandingTasks::Phase::attached || tasks_.is_under_key(task.id));
}

// ---- Answers --------------------------------------------------------------------------------------------------------

void Submissions::handle(Instant now, proto::SubmitAck& ack) {
  std::ranges::sort(ack.rejected, {}, &proto::Rejection::id);
  for (auto seq : ack.messages) {
    auto* message = unacknowledged_.find(seq);
    if (message == nullptr) continue;
    for (const auto& task : message->tasks) {
      prefetch_ahead(message->tasks, task, [&](const proto::Submission& next) { tasks_.prefetch(next.id); });
      const auto why = std::ranges::lower_bound(ack.rejected, task.id, {}, &proto::Rejection::id);
      if (why != ack.rejected.end() && why->id == task.id)
        reject(now, task, *why);
      else
        accept(task);
    }
    unacknowledged_.answered(*message);
  }
  unacknowledged_.remove_answered();
}

void Submissions::handle(Instant now, const proto::ErrorMessage& error) {
  auto* message = unacknowledged_.find(error.about);
  if (message == nullptr) return;
  for (const auto& task : message->tasks) reject(now, task, {task.id, error.code, error.text});
  unacknowledged_.answered(*message);
  unacknowledged_.remove_answered();
}

void Submissions::accept(const proto::Submission& task) {
  release(task);
  if (auto* entry = tasks_.find(task)) tasks_.accept(*entry);
  full_queues_.accepted(task);
}

void Submissions::reject(Instant now, proto::Submission task, const proto::Rejection& why) {
  auto* entry = tasks_.find(task);
  if (entry != nullptr && may_be_sent_again(now, task, why.code)) {
    constexpr Instant kTellAgain = std::chrono::minutes{1};
    const bool is_news = why.code != Errc::queue_full && why.code != Errc::shutting_down;
    if (is_news && now >= told_of_room_at_ + kTellAgain) {
      told_of_room_at_ = now;
      news_ = why.text + "; tasks wait until there is room";
    }
    tasks_.defer(*entry);
    return full_queues_.add(now, std::move(task));
  }
  release(task);
  if (entry != nullptr) tasks_.reject(entry, rejection(why.code, text_of_rejection(why, *task.spec)));
  full_queues_.settled(task);
}

bool Submissions::may_be_sent_again(Instant now, const proto::Submission& task, Errc code) const {
  if (!is_temporary(code)) return false;
  if (code != Errc::shutting_down && on_queue_full_ == OnQueueFull::reject) return false;
  return resend_for_ == milliseconds{0} || full_queues_.full_for(now, task) < resend_for_;
}

// ---- Ends -----------------------------------------------------------------------------------------------------------

void Submissions::end(OutstandingTasks::Entry* entry, proto::Outcome&& outcome) {
  if (tasks_.is_shared(entry->id) && tasks_.is_being_submitted(*entry)) withdraw(entry->id);
  tasks_.end(entry, std::move(outcome));
}

void Submissions::withdraw(const TaskId& id) {
  full_queues_.remove(id, [&](const proto::Submission& task) { release(task); });
  std::vector<proto::Submission> removed;
  waiting_.erase_if([&](const proto::Submission& task) {
    if (task.id == id) removed.push_back(task);
    return task.id == id;
  });
  unacknowledged_.remove(id, [&](const proto::Submission& task) { removed.push_back(task); });
  for (const auto& task : removed) {
    release(task);
    full_queues_.settled(task);  // the queue may have been waiting for this answer
  }
}

}  // namespace forkmill::client
