#include "tests/sim/nodes/commit_queue.h"

#include <utility>

namespace forkmill::sim {

namespace {

constexpr milliseconds kLookForRoom{500};  // as in broker/store/store_service.cc

}  // namespace

CommitQueue::CommitQueue(World& world, Storage& storage, broker::Core& core, const BrokerClock& clock, Pulse& pulse,
                         std::function<void()>& at_next_commit, proto::CommitSeq last, Owner owner)
    : world_{world},
      storage_{storage},
      core_{core},
      clock_{clock},
      pulse_{pulse},
      at_next_commit_{at_next_commit},
      owner_{std::move(owner)},
      committed_{last} {}

void CommitQueue::take(broker::Effects effects) {
  for (broker::Send& one : effects.sends) {
    if (one.after > committed_)
      held_.hold(std::move(one));
    else
      owner_.send(one);
  }
  if (!effects.ops.empty()) jobs_.emplace_back(Commit{std::move(effects.ops), effects.commit});
  for (broker::StoreRequest& request : effects.requests) jobs_.emplace_back(std::move(request));
  if (!jobs_.empty() && !serving_) serve_later();
}

void CommitQueue::look_for_room() {
  const bool full = storage_.full();
  if (full != core_.state().shortage.disk) world_.trace.note(world_.now(), "disk", full ? "is full" : "has room");
  core_.set_disk_full(full);
  if (!full) return;
  world_.after(kLookForRoom, [this, alive = alive_] {
    if (*alive) look_for_room();
  });
}

void CommitQueue::serve_later() {
  serving_ = true;
  const Instant takes = world_.random.between(Instant{0}, world_.options.commit_delay);
  if (at_next_commit_) world_.after(world_.random.between(takes / 2, takes), std::exchange(at_next_commit_, {}));
  world_.after(takes, [this, alive = alive_] {
    if (!*alive) return;
    if (const Instant from = std::max(pulse_.still_until(), cut_off_until_); world_.now() < from)
      return serve_from(from);
    serving_ = false;
    serve_some();
  });
}

void CommitQueue::serve_from(Instant from) {
  world_.at(from, [this, alive = alive_] {
    if (*alive) serve_later();
  });
}

void CommitQueue::serve_some() {
  if (!serve(world_.random.between(1, jobs_.size()))) return;
  if (jobs_.empty()) {
    const auto more = storage_.store().prepare();
    if (!more.ok()) return owner_.store_failed(more.failure());
  }
  if (!core_.state().shortage.disk) look_for_room();
  release();
  if (!jobs_.empty()) serve_later();
  pulse_.wake_now();
}

// Carries out the first `jobs` jobs and tells the core. Returns false if the store failed.
bool CommitQueue::serve(std::size_t jobs) {
  proto::CommitSeq last;
  std::vector<broker::StoreAnswer> answers;
  if (const auto status = serve(jobs, last, answers); !status.ok()) {
    owner_.store_failed(status.failure());
    return false;
  }
  if (last) {
    committed_ = last;
    core_.committed(committed_);
  }
  for (broker::StoreAnswer& answer : answers) core_.handle(clock_.now(), std::move(answer));
  return true;
}

// Carries out the first `jobs` jobs, with one commit at the end: `last`, if there was one.
proto::Status CommitQueue::serve(std::size_t jobs, proto::CommitSeq& last, std::vector<broker::StoreAnswer>& answers) {
  broker::Store& store = storage_.store();
  for (; jobs > 0; --jobs) {
    if (auto* commit = std::get_if<Commit>(&jobs_.front())) {
      if (auto status = store.apply(commit->ops); !status.ok()) return status;
      last = commit->number;
    } else if (const auto& request = std::get<broker::StoreRequest>(jobs_.front());
               std::holds_alternative<broker::HistoryRequest>(request.what)) {
      answers.push_back({request.ticket, broker::HistoryAnswer{}});  // finds nothing
    } else {
      auto answer = broker::serve(store, request);
      if (!answer.ok()) return answer.failure();
      answers.push_back(std::move(answer).value());
    }
    jobs_.pop_front();
  }
  return last ? store.commit(last) : proto::Status{};
}

bool CommitQueue::finish() {
  if (!serve(jobs_.size())) return false;
  release();
  return true;
}

void CommitQueue::die() {
  storage_.begin_to_die();
  proto::CommitSeq last;
  std::vector<broker::StoreAnswer> answers;
  (void)serve(world_.random.below(jobs_.size() + 1), last, answers);  // no process is left to hear of the result
}

}  // namespace forkmill::sim
