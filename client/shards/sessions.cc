#include "client/shards/sessions.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include "client/shards/object_numbers.h"
#include "proto/limits.h"
#include "proto/mutants.h"

namespace forkmill::client {

Sessions::Sessions(SessionOptions options) : options_{std::move(options)} {
  sessions_.resize(1);
  make(1);
}

Session& Sessions::make(std::uint32_t shard) {
  std::unique_ptr<Session>& session = sessions_[shard - 1];
  if (session) return *session;
  SessionOptions its = options_;
  its.shard = shard;
  its.shards = placement_ ? placement_->shards() : 0;
  its.seed += shard - 1;
  if (its.shards > 1) {
    its.has_standbys = true;
    its.on_message = [numbers = ObjectNumbers{shard}, next = options_.on_message](proto::Message& message) {
      numbers.add_to(message);
      if (next) next(message);
    };
  }
  session = std::make_unique<Session>(its);
  if (refusal_) session->refuse(refusal_->code, refusal_->text);
  return *session;
}

// ---- Requests -------------------------------------------------------------------------------------------------------

void Sessions::handle(Instant now, SubmitTask&& submit) {
  if (is_single() && submit.place.shard <= 1) return sessions_.front()->handle(now, std::move(submit));
  if (!placement_) return unplaced_.handle(now, std::move(submit), *sessions_.front(), refusal_, own_);
  const auto shard = placement_->of(submit);
  if (!shard.ok()) return refuse_request(submit, shard.failure(), own_);
  make(shard.value()).handle(now, std::move(submit));
}

void Sessions::handle(Instant now, Request&& request) {
  if (auto* submit = std::get_if<SubmitTask>(&request)) return handle(now, std::move(*submit));
  if (placement_) {
    const auto shard = placement_->of_object(request);
    if (!shard.ok()) return refuse_request(request, shard.failure(), own_);
    if (shard.value() != Placement::kAll) {
      if (!is_single()) ObjectNumbers::to_shard(request);
      return make(shard.value()).handle(now, std::move(request));
    }
  }
  if (is_single()) return sessions_.front()->handle(now, std::move(request));
  if (!placement_) return unplaced_.handle(now, std::move(request), *sessions_.front(), refusal_, own_);
  if (std::holds_alternative<GiveUp>(request)) {
    for_each([&](Session& session) { session.handle(now, Request{request}); });  // one of them has the operation
    return;
  }
  // A task that this client has submitted is on a known shard. One that it only asks for is asked for on all of them.
  if (const auto* cancel = std::get_if<CancelTask>(&request)) {
    for (const auto& session : sessions_)
      if (session && session->has_submitted(cancel->id)) return session->handle(now, std::move(request));
  }
  const auto* ask = std::get_if<AskBroker>(&request);
  if (ask != nullptr && ask->query.kind == proto::QueryKind::events) {
    for (auto& part : event_rounds_.begin(*ask, placement_->shards(), own_))
      make(part.shard).handle(now, std::move(part.request));
    return;
  }
  const auto shard = placement_->of(request);
  if (!shard.ok()) return refuse_request(request, shard.failure(), own_);
  if (shard.value() != Placement::kAll) return make(shard.value()).handle(now, std::move(request));
  for (auto& part : gatherings_.begin(request, placement_->shards()))
    make(part.shard).handle(now, std::move(part.request));
}

// ---- The number of shards -------------------------------------------------------------------------------------------

void Sessions::learn(Instant now, std::uint32_t shards) {
  placement_.emplace(std::clamp<std::uint32_t>(shards, 1, proto::limits::kMaxShards));
  const auto make_again = [&](std::vector<Unplaced::Kept> kept) {
    for (auto& one : kept) std::visit([&](auto& request) { handle(now, std::move(request)); }, one);
  };
  if (is_single()) {
    make_again(unplaced_.take_held());
    static_cast<void>(unplaced_.take());
    return;
  }
  sessions_.resize(placement_->shards());
  sessions_.front().reset();  // has sent nothing but HELLO
  make(1);
  if (proto::mutant(proto::Mutant::requests_not_placed_again)) return;
  make_again(unplaced_.take());
}

void Sessions::take_effects(Instant now, std::uint32_t shard, Effects& effects) {
  of(shard)->take_effects(effects);
  if (!placement_) {
    unplaced_.forget(effects);
    if (effects.moved)
      learn(now, effects.moved->shards);
    else if (effects.shards != 0)
      learn(now, effects.shards);
    else if (effects.refusal)
      unplaced_.refuse_held(*(refusal_ = effects.refusal), own_);
  } else if (!is_single()) {
    if (!effects.operated.empty()) ObjectNumbers{shard}.add_to(effects);
    event_rounds_.collect(effects);
    if (!gatherings_.empty()) gatherings_.collect(effects);
  }
  std::ranges::move(own_.ended, std::back_inserter(effects.ended));
  std::ranges::move(own_.answered, std::back_inserter(effects.answered));
  std::ranges::move(own_.operated, std::back_inserter(effects.operated));
  own_.clear();
}

// ---- All sessions ---------------------------------------------------------------------------------------------------

void Sessions::tick(Instant now) {
  for_each([&](Session& session) { session.tick(now); });
}

void Sessions::flush(Instant now) {
  for_each([&](Session& session) { session.flush(now); });
}

Instant Sessions::next_wakeup() const {
  Instant next = proto::kNever;
  for_each([&](const Session& session) { next = std::min(next, session.next_wakeup()); });
  return next;
}

void Sessions::end_all(Errc code, const std::string& text) {
  for_each([&](Session& session) { session.end_all(code, text); });
  unplaced_.refuse_held({code, text}, own_);
}

void Sessions::refuse(Errc code, const std::string& text) {
  refusal_ = {code, text};
  for_each([&](Session& session) { session.refuse(code, text); });
  unplaced_.refuse_held(*refusal_, own_);
}

void Sessions::close(Instant now) {
  refusal_ = {Errc::client_closed, "the client was closed"};
  for_each([&](Session& session) { session.close(now); });
  unplaced_.refuse_held(*refusal_, own_);
}

bool Sessions::open() const {
  bool all = true;
  for_each([&](const Session& session) { all = all && session.open(); });
  return all;
}

Load Sessions::load() const {
  Load sum = unplaced_.held();
  for_each([&](const Session& session) {
    const Load load = session.load();
    sum.outstanding += load.outstanding;
    sum.held_tasks += load.held_tasks;
    sum.held_bytes += load.held_bytes;
  });
  return sum;
}

}  // namespace forkmill::client
