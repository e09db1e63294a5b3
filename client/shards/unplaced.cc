#include "client/shards/unplaced.h"

#include <algorithm>
#include <utility>

#include "client/shards/placement.h"

namespace forkmill::client {

namespace {

// Returns the answer of a cluster with one shard, and takes the place out of the name of an object: with one shard, the
// name alone counts.
proto::Result<std::uint32_t> in_one_shard(Request& request) { return Placement{1}.of_object(request); }

Cookie cookie_in(const Request& request) {
  return std::visit([](const auto& one) { return one.cookie; }, request);
}

}  // namespace

void refuse_request(const SubmitTask& submit, const proto::Failure& failure, Effects& effects) {
  effects.end(submit.cookie, rejection(failure.code, failure.text));
}

void refuse_request(const Request& request, const proto::Failure& failure, Effects& effects) {
  if (const auto* operate = std::get_if<OperateObject>(&request))
    return effects.fail_operation(operate->cookie, failure.code, failure.text);
  effects.fail_query(cookie_in(request), failure.code, failure.text);
}

// ---- Requests -------------------------------------------------------------------------------------------------------

void Unplaced::handle(Instant now, SubmitTask&& submit, Session& first, const std::optional<proto::Failure>& refusal,
                      Effects& effects) {
  const Cookie cookie = submit.cookie;
  if (Placement{1}.of(submit).ok()) {
    keep({submit, false}, cookie);
    return first.handle(now, std::move(submit));
  }
  if (refusal) return refuse_request(submit, *refusal, effects);
  ++held_.outstanding;
  ++held_.held_tasks;
  held_.held_bytes += submit.task.payload.size();
  held_tasks_[submit.task.id] = last_ + 1;
  keep({std::move(submit), true}, cookie);
}

void Unplaced::handle(Instant now, Request&& request, Session& first, const std::optional<proto::Failure>& refusal,
                      Effects& effects) {
  const Cookie cookie = cookie_in(request);
  if (std::holds_alternative<GiveUp>(request)) {  // the operation was not sent, and ends at once
    if (drop_held(cookie)) return effects.fail_operation(cookie, Errc::timeout, "the operation was not sent");
    return first.handle(now, std::move(request));
  }
  if (const auto* cancel = std::get_if<CancelTask>(&request); cancel != nullptr && cancel_held(*cancel, effects))
    return;
  Request alone = request;
  if (in_one_shard(alone).ok()) {
    keep({std::move(request), false}, cookie);
    return first.handle(now, std::move(alone));
  }
  if (refusal) return refuse_request(request, *refusal, effects);
  keep({std::move(request), true}, cookie);
}

void Unplaced::keep(Entry entry, Cookie cookie) {
  kept_.emplace(++last_, std::move(entry));
  if (cookie != 0) places_[cookie] = last_;
}

void Unplaced::forget(const Effects& effects) {
  for (const auto& one : effects.ended) forget(one.cookie);
  for (const auto& one : effects.answered) forget(one.cookie);
  for (const auto& one : effects.operated) forget(one.cookie);
}

void Unplaced::forget(Cookie cookie) {
  const auto place = places_.find(cookie);
  if (place == places_.end()) return;
  kept_.erase(place->second);
  places_.erase(place);
}

bool Unplaced::drop_held(Cookie cookie) {
  const auto place = places_.find(cookie);
  if (place == places_.end() || !kept_.at(place->second).is_held) return false;
  forget(cookie);
  return true;
}

// As a session ends a task that it has not sent (Cancels::add()).
bool Unplaced::cancel_held(const CancelTask& cancel, Effects& effects) {
  const auto place = held_tasks_.find(cancel.id);
  if (place == held_tasks_.end()) return false;
  const auto found = kept_.find(place->second);
  const auto& submit = std::get<SubmitTask>(found->second.request);
  // Under a key another client may have submitted the task as well: a waiter for the answer is told by the broker.
  const bool is_answered = submit.task.spec->options.key.empty();
  effects.end(submit.cookie,
              proto::Outcome::ended(proto::OutcomeKind::cancelled, Errc::cancelled, "before it was sent"));
  --held_.outstanding;
  --held_.held_tasks;
  held_.held_bytes -= submit.task.payload.size();
  if (is_answered) effects.answer_cancel(cancel.cookie, proto::CancelState::cancelled);
  places_.erase(submit.cookie);
  kept_.erase(found);
  held_tasks_.erase(place);
  return is_answered || cancel.cookie == 0;
}

// ---- The end --------------------------------------------------------------------------------------------------------

std::vector<Unplaced::Kept> Unplaced::take() {
  std::vector<Kept> taken;
  taken.reserve(kept_.size());
  for (auto& one : kept_) taken.push_back(std::move(one.second.request));
  kept_.clear();
  places_.clear();
  held_tasks_.clear();
  held_ = {};
  return taken;
}

std::vector<Unplaced::Kept> Unplaced::take_held() {
  std::vector<Kept> taken;
  std::erase_if(kept_, [&](auto& one) {
    if (one.second.is_held) taken.push_back(std::move(one.second.request));
    return one.second.is_held;
  });
  std::erase_if(places_, [&](const auto& one) { return !kept_.contains(one.second); });
  held_tasks_.clear();
  held_ = {};
  return taken;
}

void Unplaced::refuse_held(const proto::Failure& failure, Effects& effects) {
  for (const Kept& one : take_held())
    std::visit([&](const auto& request) { refuse_request(request, failure, effects); }, one);
}

}  // namespace forkmill::client
