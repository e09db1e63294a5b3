#include "worker/rules/session/shard_sessions.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "proto/limits.h"
#include "proto/mutants.h"

namespace forkmill::worker {

namespace {

constexpr unsigned kShardAt = 56;  // bits of a sequence number below the shard

proto::TaskSeq with_shard(proto::TaskSeq seq, std::uint32_t shard) {
  return proto::TaskSeq{seq.value() | std::uint64_t{shard - 1} << kShardAt};
}
void remove_shard(proto::Grant& grant) { grant = without_shard(grant); }

void add_shard(std::vector<proto::Grant>& grants, std::uint32_t shard) {
  for (proto::Grant& grant : grants) grant.seq = with_shard(grant.seq, shard);
}

void add_shard(proto::Message& message, std::uint32_t shard) {
  if (auto* grants = std::get_if<proto::Grants>(&message)) {
    for (auto& task : grants->tasks) task.grant.seq = with_shard(task.grant.seq, shard);
  } else if (auto* revoke = std::get_if<proto::Revoke>(&message)) {
    add_shard(revoke->grants, shard);
    add_shard(revoke->unless_started, shard);
  } else if (auto* signals = std::get_if<proto::Signals>(&message)) {
    for (auto& note : signals->notes) note.grant.seq = with_shard(note.grant.seq, shard);
  } else if (auto* welcome = std::get_if<proto::Welcome>(&message)) {
    add_shard(welcome->abandon, shard);
  }
}

// Moves the items of other shards than the first to `add`, with the grants of their shard.
template <class Item, class GrantOf, class Add>
void move_items(std::vector<Item>& items, const GrantOf& grant_of, const Add& add) {
  const auto of_first = [&](Item& item) { return shard_of(grant_of(item)) == 1; };
  const auto others = std::stable_partition(items.begin(), items.end(), of_first);
  for (auto item = others; item != items.end(); ++item) {
    const std::uint32_t shard = shard_of(grant_of(*item));
    remove_shard(grant_of(*item));
    add(shard, std::move(*item));
  }
  items.erase(others, items.end());
}

// The report for one shard names the tasks of that one only.
proto::Report report_for(std::uint32_t shard, proto::Report report) {
  for (auto& process : report.processes) {
    if (shard_of(process.grant) != shard) process.grant = {};
    remove_shard(process.grant);
  }
  return report;
}

}  // namespace

std::uint32_t shard_of(const proto::Grant& grant) {
  return 1 + static_cast<std::uint32_t>(grant.seq.value() >> kShardAt);
}

proto::Grant without_shard(proto::Grant grant) {
  grant.seq = proto::TaskSeq{grant.seq.value() & ((std::uint64_t{1} << kShardAt) - 1)};
  return grant;
}

ShardSessions::ShardSessions(proto::Hello hello, std::uint64_t seed)
    : hello_{std::move(hello)}, places_{hello_.worker.queues}, seed_{seed} {
  sessions_.push_back(make(1, 1));
}

// ---- Which sessions there are ---------------------------------------------------------------------------------------

std::unique_ptr<Session> ShardSessions::make(std::uint32_t shard, std::uint32_t shards) {
  proto::Hello hello = hello_;
  hello.worker.queues = places_.on(shard, shards);
  if (shards > 1) {
    if (hello.worker.queues.empty()) return nullptr;
    hello.shard = shard;
    hello.shards = shards;
  }
  return std::make_unique<Session>(std::move(hello), seed_ + shard - 1);
}

void ShardSessions::learn(std::uint32_t shards) {
  knows_shards_ = true;
  shards = std::clamp<std::uint32_t>(shards, 1, proto::limits::kMaxShards);
  misplaced_ = places_.misplaced(shards);
  if (shards == 1) return;
  sessions_.resize(shards);
  for (std::uint32_t shard = 2; shard <= shards; ++shard) sessions_[shard - 1] = make(shard, shards);
  auto first = make(1, shards);
  has_first_ = first != nullptr;
  if (!has_first_) return sessions_.front()->disconnected();
  // Has said nothing but HELLO. Its outbox is that of the worker, and stays where it is.
  SessionEffects effects;
  sessions_.front()->take_effects(effects);
  std::swap(first->outbox(), outbox());
  *sessions_.front() = std::move(*first);
  sessions_.front()->take_effects(effects);
}

bool ShardSessions::all_established() const {
  bool all = true;
  for_each([&](const Session& session) { all = all && session.handshake().established(); });
  return all;
}

bool ShardSessions::handle(proto::Instant now, std::uint32_t shard, proto::Envelope& envelope) {
  distribute();
  const bool concerns_worker = of(shard).handle(now, envelope);
  if (!concerns_worker) return false;
  if (!knows_shards_) {
    if (const auto* moved = std::get_if<proto::Moved>(&envelope.message)) learn(moved->shards);
    if (std::holds_alternative<proto::Welcome>(envelope.message)) learn(1);
  }
  if (shard > 1) add_shard(envelope.message, shard);
  return true;
}

void ShardSessions::greet(proto::Instant now, std::uint32_t shard, const std::vector<proto::Grant>& holding) {
  distribute();
  if (count() == 1) return of(1).greet(now, holding);
  std::vector<proto::Grant> its;
  for (proto::Grant grant : holding) {
    if (shard_of(grant) != shard && !proto::mutant(proto::Mutant::holding_told_to_all_shards)) continue;
    remove_shard(grant);
    its.push_back(grant);
  }
  of(shard).greet(now, std::move(its));
}

// ---- What is said ---------------------------------------------------------------------------------------------------

void ShardSessions::distribute() {
  if (count() == 1) return;
  Outbox& all = outbox();
  const auto is_here = [&](std::uint32_t shard) { return shard <= count() && sessions_[shard - 1] != nullptr; };
  auto outcomes = all.outcomes.pop_unsent();
  move_items(
      outcomes, [](proto::OutcomeRecord& one) -> proto::Grant& { return one.grant; },
      [&](std::uint32_t shard, proto::OutcomeRecord&& one) {
        if (proto::mutant(proto::Mutant::outcomes_to_first_shard)) shard = 1;
        if (is_here(shard)) of(shard).outbox().outcomes.push(std::move(one));
      });
  for (auto& one : outcomes) all.outcomes.push(std::move(one));
  const auto move = [&](auto Outbox::*list, const auto& grant_of) {
    move_items(all.*list, grant_of, [&](std::uint32_t shard, auto&& one) {
      if (is_here(shard)) (of(shard).outbox().*list).push_back(std::forward<decltype(one)>(one));
    });
  };
  move(&Outbox::returns, [](proto::Grant& one) -> proto::Grant& { return one; });
  move(&Outbox::revoke_answers, [](proto::RevokeAnswer& one) -> proto::Grant& { return one.grant; });
  move(&Outbox::progress, [](proto::ProgressNote& one) -> proto::Grant& { return one.grant; });
  move(&Outbox::logs, [](proto::LogNote& one) -> proto::Grant& { return one.grant; });
  move(&Outbox::started, [](proto::StartedNote& one) -> proto::Grant& { return one.grant; });
  for (std::uint32_t shard = 2; shard <= count(); ++shard) {
    if (!is_wanted(shard)) continue;
    Outbox& its = of(shard).outbox();
    its.pause = all.pause;
    its.shortage = all.shortage;
    if (all.scaled) its.scaled = all.scaled;
    if (all.report) its.report = report_for(shard, *all.report);
    its.deaths.add_last_of(all.deaths, deaths_passed_on_);
  }
  deaths_passed_on_ = all.deaths.added();
  if (all.report) all.report = report_for(1, std::move(*all.report));
  if (!has_first_) all.report.reset();
}

void ShardSessions::flush(proto::Instant now) {
  distribute();
  for_each([&](Session& session) { session.flush(now); });
}

std::size_t ShardSessions::unacknowledged() const {
  std::size_t sum = 0;
  for (const auto& session : sessions_)
    if (session) sum += session->outbox().outcomes.size();
  return sum;
}

// Each shard may grant a share of the room, and at least one task if there is any. What is too much is handed back.
void ShardSessions::set_load(std::uint64_t room, const proto::Heartbeat& load) {
  std::uint64_t wanted = 0;
  for_each([&](Session&) { ++wanted; });
  const std::uint64_t share = room == 0 || wanted < 2 ? room : std::max<std::uint64_t>(1, room / wanted);
  for_each([&](Session& session) { session.set_load(share, load); });
}

}  // namespace forkmill::worker
