// The session's rules for submissions: the window, batches, and queues that are full.
#include <algorithm>
#include <iterator>
#include <utility>

#include "client/session/session.h"
#include "proto/buggify.h"

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kFirstPause = 20ms;
constexpr milliseconds kLongestPause = 1s;
constexpr std::size_t kPerTask = 320;  // bytes that a submission takes beside its payload

std::size_t bytes_of(const proto::Submission& task) { return task.payload.size() + kPerTask; }

bool is_temporary(Errc code) {
  return code == Errc::queue_full || code == Errc::disk_full || code == Errc::shutting_down;
}

proto::Outcome rejection(Errc code, std::string text) {
  proto::Outcome outcome;
  outcome.kind = proto::OutcomeKind::rejected;
  outcome.error.emplace();
  outcome.error->code = code;
  outcome.error->message = std::move(text);
  return outcome;
}

}  // namespace

void Session::submit(Instant, proto::Submission task, Cookie cookie, Effects& effects) {
  if (!take_in(task, cookie, effects)) return;
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

// True: it is to be sent.
bool Session::take_in(const proto::Submission& task, Cookie cookie, Effects& effects) {
  if (state_ == State::refused) {
    effects.ended.push_back({cookie, rejection(refusal_.code, refusal_.text), false});
    return false;
  }
  const auto* entry = tasks_.find(task.id);
  if (entry == nullptr) {
    tasks_.insert({task.id, cookie, TaskTable::Phase::queued});
    if (!task.options.key.empty()) shared_.at(task.id).body = SharedTasks::body_of(task);
    return true;
  }
  const auto body = SharedTasks::body_of(task);
  auto& shared = shared_.at(task.id);
  if (entry->phase == TaskTable::Phase::attached) shared.first_by_id = true;
  const bool fresh = shared.first_by_id && !shared.body;  // known by its id only: whether they agree, the broker knows
  if (fresh) shared.body = body;
  if (shared.body != body) {
    const auto text = "this client waits for another task of the same id, made of key '" + task.options.key + "'";
    effects.ended.push_back({cookie, rejection(Errc::duplicate_task, text), false});
    return false;
  }
  shared_.add(shared, {cookie, false});
  if (entry->phase == TaskTable::Phase::accepted) effects.accepted.push_back(cookie);
  return fresh;
}

bool Session::is_being_submitted(const TaskTable::Entry& entry) {
  using Phase = TaskTable::Phase;
  if (entry.phase == Phase::queued || entry.phase == Phase::sent) return true;
  const auto* shared = shared_.find(entry.id);
  return entry.phase == Phase::attached && shared != nullptr && shared->body.has_value();
}

// The entry that a submission of this session stands for: under a key, one of the same id may be another by now.
TaskTable::Entry* Session::entry_of(const proto::Submission& task) {
  auto* entry = tasks_.find(task.id);
  if (entry == nullptr || task.options.key.empty()) return entry;
  const auto* shared = shared_.find(task.id);
  return shared != nullptr && shared->body == SharedTasks::body_of(task) ? entry : nullptr;
}

// Gives up who waits for a task, the one in the task table first.
std::vector<SharedTasks::Waiter> Session::take_waiters(const TaskTable::Entry& entry) {
  auto task = shared_.take(entry.id);
  task.further.insert(task.further.begin(), {entry.cookie, task.first_by_id});
  return std::move(task.further);
}

// Those who are left of them wait on; if nobody is, the task is over.
void Session::keep_waiters(TaskTable::Entry* entry, const std::vector<SharedTasks::Waiter>& left,
                           std::optional<std::uint64_t> body) {
  if (left.empty()) return tasks_.erase(entry);
  entry->cookie = left.front().cookie;
  if (left.size() == 1 && !body) return;
  auto& shared = shared_.at(entry->id);
  shared.body = body;
  shared.first_by_id = left.front().by_id;
  for (auto waiter = left.begin() + 1; waiter != left.end(); ++waiter) shared_.add(shared, *waiter);
}

// A submission was not taken: ends those who wait for it, but not those who asked for the task by its id.
void Session::end_submitters(TaskTable::Entry* entry, const proto::Outcome& outcome, Effects& effects) {
  std::vector<SharedTasks::Waiter> left;
  for (const auto& waiter : take_waiters(*entry)) {
    if (waiter.by_id)
      left.push_back(waiter);
    else
      effects.ended.push_back({waiter.cookie, outcome, false});
  }
  entry->phase = TaskTable::Phase::attached;
  if (!left.empty() && state_ == State::open) to_attach_.push_back(entry->id);
  keep_waiters(entry, left, {});
}

// A result of its id, but of another body: its key was given to another task. That is what those want who asked for it
// by its id. One that was submitted here is either not taken in yet, and its answer is still to come, or it is gone.
void Session::end_another(TaskTable::Entry* entry, const proto::Outcome& outcome, Effects& effects) {
  using Phase = TaskTable::Phase;
  const bool gone = entry->phase == Phase::accepted || entry->phase == Phase::orphaned;
  const auto lost = rejection(Errc::task_unknown, "the broker has lost it, and another task has its key now");
  const auto body = shared_.at(entry->id).body;
  std::vector<SharedTasks::Waiter> left;
  for (const auto& waiter : take_waiters(*entry)) {
    if (waiter.by_id)
      effects.ended.push_back({waiter.cookie, outcome, false});
    else if (gone)
      effects.ended.push_back({waiter.cookie, lost, true});
    else
      left.push_back(waiter);
  }
  if (entry->phase == Phase::attached) entry->phase = Phase::sent;
  keep_waiters(entry, left, body);
}

void Session::drop_unsent(const TaskId& id) {
  auto drop = [&](const proto::Submission& task) {
    if (task.id != id) return false;
    let_go(task);
    return true;
  };
  for (auto& [queue, parked] : parked_) {
    const auto back = parked.tasks.begin() + static_cast<std::ptrdiff_t>(parked.returned);
    const auto gone = std::count_if(parked.tasks.begin(), back, [&](const auto& task) { return task.id == id; });
    parked.returned -= static_cast<std::size_t>(gone);
    std::erase_if(parked.tasks, drop);
  }
  std::erase_if(parked_, [](const auto& each) { return each.second.tasks.empty() && each.second.trying == 0; });
  std::vector<proto::Submission> tried;  // of a full queue: whoever counts those must hear of it
  std::erase_if(waiting_, [&](const proto::Submission& task) {
    if (drop(task)) tried.push_back(task);
    return task.id == id;
  });
  for (const auto& task : tried) settled(task);
}

// It has ended before it was acknowledged. Under a key, the next submission may be of the same id: what the broker says
// to this one is not for that one.
void Session::withdraw(const TaskId& id) {
  drop_unsent(id);
  for (auto& sent : sent_) {
    const auto found = std::ranges::find(sent.tasks, id, &proto::Submission::id);
    if (found == sent.tasks.end()) continue;
    sent_bytes_ -= found->payload.size();
    --sent_tasks_;
    let_go(*found);
    settled(*found);
    sent.tasks.erase(found);
  }
  drop_acknowledged();
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
      auto* entry = entry_of(task);
      // It has ended meanwhile: cancelled, perhaps, and then only asked for by its id.
      const bool only_asked_for = entry != nullptr && entry->phase == TaskTable::Phase::attached &&
                                  (shared_.find(task.id) == nullptr || !shared_.find(task.id)->body);
      if (entry == nullptr || only_asked_for) {
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
      if (proto::buggify(proto::Path::one_submission)) break;
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
  if (auto* entry = entry_of(task)) {
    entry->phase = TaskTable::Phase::accepted;
    accepted(*entry, effects);
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
  auto* entry = entry_of(task);
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
      const auto* shared = shared_.find(task.id);
      const bool by_id = shared != nullptr && shared->first_by_id;  // then it is there, whatever was submitted here
      entry->phase = by_id ? TaskTable::Phase::attached : TaskTable::Phase::queued;
      return park(now, std::move(task));
    }
  }
  let_go(task);
  end_submitters(entry, rejection(why.code, why.text), effects);
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
