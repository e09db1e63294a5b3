// The session's rules for submissions: the window, batches, and queues that are full.
#include <algorithm>
#include <iterator>
#include <utility>

#include "client/session.h"

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kFirstPause = 20ms;
constexpr milliseconds kLongestPause = 1s;
constexpr std::size_t kPerTask = 320;  // bytes that a submission takes beside its payload

std::size_t bytes_of(const proto::Submission& task) { return task.payload.size() + kPerTask; }

bool is_temporary(Errc code) { return code == Errc::queue_full || code == Errc::shutting_down; }

}  // namespace

void Session::submit(Instant, proto::Submission task, Cookie cookie, Effects& effects) {
  const bool accepted_here = state_ != State::refused && tasks_.insert({task.id, cookie, TaskTable::Phase::queued});
  if (!accepted_here) {
    proto::Outcome outcome;
    outcome.kind = proto::OutcomeKind::rejected;
    outcome.error.emplace();
    outcome.error->code = state_ == State::refused ? refusal_.code : Errc::duplicate_task;
    outcome.error->message = refusal_.text;
    effects.ended.push_back({cookie, std::move(outcome), false});
    return;
  }
  ++held_tasks_;
  held_bytes_ += bytes_of(task);
  if (!parked_.empty()) {
    if (auto parked = parked_.find(task.queue); parked != parked_.end()) {
      parked->second.tasks.push_back(std::move(task));  // behind those that came before it
      return;
    }
  }
  waiting_.push_back(std::move(task));
}

void Session::let_go(const proto::Submission& task) {
  --held_tasks_;
  held_bytes_ -= bytes_of(task);
}

bool Session::fits_window(const proto::Submission& task) const {
  if (sent_tasks_ == 0) return true;  // one always may, however small the window
  return sent_tasks_ < window_tasks_ && sent_bytes_ + task.payload.size() <= window_bytes_;
}

void Session::send_submissions(Instant now, Effects& effects) {
  while (!waiting_.empty()) {
    proto::Submit message;
    message.tasks.reserve(std::min(waiting_.size(), proto::limits::kBatchTasks));
    std::size_t bytes = 0;
    while (!waiting_.empty() && message.tasks.size() < proto::limits::kBatchTasks) {
      auto& task = waiting_.front();
      auto* entry = tasks_.find(task.id);
      if (entry == nullptr) {  // it has ended meanwhile
        let_go(task);
        settled(task);
        waiting_.pop_front();
        continue;
      }
      const bool full = bytes > 0 && bytes + task.payload.size() > proto::limits::kBatchBytes;
      if (full || !fits_window(task)) break;
      entry->phase = TaskTable::Phase::sent;
      bytes += task.payload.size();
      ++sent_tasks_;
      sent_bytes_ += task.payload.size();
      message.tasks.push_back(std::move(task));
      waiting_.pop_front();
    }
    if (message.tasks.empty()) return;
    auto& sent = sent_.emplace_back();
    sent.tasks = message.tasks;  // payloads are shared
    send(now, std::move(message), effects);
    sent.seq = last_seq_;
  }
}

Session::Sent* Session::sent_as(proto::MessageSeq seq) {
  auto found = std::ranges::lower_bound(sent_, seq, {}, &Sent::seq);
  return found != sent_.end() && found->seq == seq && !found->tasks.empty() ? &*found : nullptr;
}

void Session::forget_sent(Sent& sent) {
  for (const auto& task : sent.tasks) sent_bytes_ -= task.payload.size();
  sent_tasks_ -= sent.tasks.size();
  sent.tasks = {};
}

void Session::drop_acknowledged() {
  while (!sent_.empty() && sent_.front().tasks.empty()) sent_.pop_front();
}

void Session::on(Instant now, proto::SubmitAck& ack, Effects& effects) {
  commit_ = std::max(commit_, ack.commit);
  std::ranges::sort(ack.rejected, {}, &proto::Rejection::id);
  for (auto seq : ack.messages) {
    auto* sent = sent_as(seq);
    if (sent == nullptr) continue;
    for (auto& task : sent->tasks) {
      auto why = std::ranges::lower_bound(ack.rejected, task.id, {}, &proto::Rejection::id);
      if (why != ack.rejected.end() && why->id == task.id)
        rejected(now, task, *why, effects);
      else
        acknowledged(task, effects);
    }
    forget_sent(*sent);
  }
  drop_acknowledged();
}

void Session::acknowledged(const proto::Submission& task, Effects& effects) {
  let_go(task);
  if (auto* entry = tasks_.find(task.id)) {
    entry->phase = TaskTable::Phase::accepted;
    effects.accepted.push_back(entry->cookie);
  }
  if (parked_.empty()) return;
  if (auto parked = parked_.find(task.queue); parked != parked_.end()) {
    parked->second.pause = 0ms;  // there is room again: the next ones may follow at once
    parked->second.next_try = {};
  }
  settled(task);
}

// One of those that tried again has its answer, or needs none any more.
void Session::settled(const proto::Submission& task) {
  if (parked_.empty()) return;
  auto parked = parked_.find(task.queue);
  if (parked == parked_.end()) return;
  if (parked->second.trying > 0) --parked->second.trying;
  if (parked->second.trying == 0 && parked->second.tasks.empty()) parked_.erase(parked);
}

void Session::rejected(Instant now, proto::Submission task, const proto::Rejection& why, Effects& effects) {
  auto* entry = tasks_.find(task.id);
  if (entry == nullptr) {
    let_go(task);
    return settled(task);
  }
  const bool again =
      is_temporary(why.code) && (why.code == Errc::shutting_down || options_.on_queue_full == OnQueueFull::resend);
  if (again) {
    const auto parked = parked_.find(task.queue);
    const bool too_long =
        options_.resend_for > 0ms && parked != parked_.end() && now >= parked->second.since + options_.resend_for;
    if (!too_long) {
      entry->phase = TaskTable::Phase::queued;
      return park(now, std::move(task));
    }
  }
  let_go(task);
  proto::Outcome outcome;
  outcome.kind = proto::OutcomeKind::rejected;
  outcome.error.emplace();
  outcome.error->code = why.code;
  outcome.error->message = why.text;
  end(entry, std::move(outcome), effects);
  settled(task);
}

void Session::park(Instant now, proto::Submission task) {
  auto [at, fresh] = parked_.try_emplace(task.queue);
  auto& parked = at->second;
  if (fresh) parked.since = now;
  const bool tried = parked.trying > 0;
  // Those that tried in vain go back to the head of the line, in their order.
  if (tried)
    parked.tasks.insert(parked.tasks.begin() + static_cast<std::ptrdiff_t>(parked.returned++), std::move(task));
  else
    parked.tasks.push_back(std::move(task));
  if (fresh || (tried && --parked.trying == 0)) {
    parked.pause = std::clamp(parked.pause * 2, kFirstPause, kLongestPause);
    parked.next_try = now + jittered(parked.pause);
  }
}

void Session::unpark(Instant now) {
  for (auto& [queue, parked] : parked_) {
    if (parked.trying > 0 || now < parked.next_try) continue;
    const auto count = std::min(parked.tasks.size(), proto::limits::kBatchTasks);
    const auto end = parked.tasks.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(parked.tasks.begin(), end, std::back_inserter(waiting_));
    parked.tasks.erase(parked.tasks.begin(), end);
    parked.trying = count;
    parked.returned = 0;
  }
}

}  // namespace forkmill::client
