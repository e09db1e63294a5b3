#include "worker/rules/foreman.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "proto/buggify.h"
#include "proto/text.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kMaxInHand = 7168;  // grants, and also unacknowledged outcomes
static_assert(2 * kMaxInHand + kMaxProcesses <= proto::limits::kMaxRecords, "a HELLO can list them all");

// Tells the session how many more grants the worker takes, and what it has.
void update_load(proto::Instant now, const PoolState& state, const PoolAttempts& pool, const ProcessAttempts& processes,
                 ShardSessions& sessions) {
  std::size_t target = 0;
  const bool takes_more = !state.draining && !state.shortage.lasts(now) && sessions.unacknowledged() <= kMaxInHand;
  if (takes_more && !proto::buggify(proto::Path::little_credit)) {
    const std::size_t probe = state.sizer ? state.sizer->probe(now) : 0;
    target = std::min(pool.capacity(now) + probe, kMaxInHand);
  }
  const std::size_t in_pool = state.attempts.size() - processes.size();
  const std::size_t running = std::min(pool.lines().running(), in_pool);
  sessions.set_load(target - std::min(target, in_pool), {static_cast<std::uint32_t>(running + processes.size()),
                                                         static_cast<std::uint32_t>(in_pool - running)});
}

// Sets the number of children of the pool, and tells supervisor and broker.
void scale(proto::Instant now, PoolState& state, PoolAttempts& pool, std::size_t children, bool by_load) {
  pool.scale(now, children);
  state.effects.pool.children = static_cast<std::uint32_t>(children);
  state.effects.pool.by_load = by_load;
  state.outbox.scaled = state.effects.pool.children;
}

// Lets the pool have the children that its load asks for.
void follow_load(proto::Instant now, PoolState& state, PoolAttempts& pool, std::size_t in_pool) {
  if (!state.sizer || state.draining) return;
  const std::size_t before = state.sizer->children();
  PoolSizer::Load load;
  if (!state.shortage.lasts(now)) load.waiting = in_pool - std::min(pool.lines().running(), in_pool);
  for (std::uint32_t slot = 0; slot < before; ++slot) {
    const ChildLine& child = pool.lines().child(slot);
    if (!child.line.empty())
      ++load.busy;
    else if (!child.open)
      ++load.starting;
  }
  const std::size_t children = state.sizer->decide(now, load);
  if (children != before) scale(now, state, pool, children, true);
}

void say_goodbye(proto::Instant now, const ShardSessions& sessions, const char* text) {
  sessions.for_each([&](Session& session) { session.goodbye(now, text); });
}

proto::Instant next_wakeup_of(const ShardSessions& sessions) {
  proto::Instant next = proto::kNever;
  sessions.for_each([&](const Session& session) { next = std::min(next, session.handshake().next_wakeup()); });
  return next;
}

bool has_any(const ShardSessions& sessions) {
  bool any = false;
  sessions.for_each([&](const Session& session) { any = any || session.handshake().established(); });
  return any;
}

// No broker has ever begun a session.
bool is_unknown(const ShardSessions& sessions) {
  bool all = true;
  sessions.for_each([&](const Session& session) { all = all && session.handshake().session() == proto::SessionId{}; });
  return all;
}

// The attempt at the front of the line in that place; 0: none.
std::uint64_t serial_at(const PoolAttempts& pool, const ProcessAttempts& processes, std::uint32_t slot) {
  if (slot < pool.lines().slots()) return pool.lines().front(slot).value_or(0);
  const ProcessPlace* place = processes.slots().find(slot);
  return place == nullptr ? 0 : place->serial;
}

}  // namespace

Foreman::Foreman(ForemanConfig config, proto::Hello hello, std::uint64_t seed, Rings& rings)
    : sessions_{std::move(hello), seed},
      state_{std::move(config), sessions_.outbox()},
      pool_{state_, rings},
      processes_{state_, rings},
      broker_requests_{state_, pool_, processes_} {}

// ---- The broker -----------------------------------------------------------------------------------------------------

void Foreman::connected(proto::Instant now, std::uint32_t shard) {
  if (!sessions_.of(shard).handshake().refused()) sessions_.greet(now, shard, state_.attempts.grants());
}

void Foreman::handle(proto::Instant now, proto::Envelope&& envelope, std::uint32_t shard) {
  if (sessions_.handle(now, shard, envelope)) handle(now, shard, envelope.message);
  if (std::string why = sessions_.take_misplaced(); !why.empty()) {
    state_.effects.errors.push_back({{}, Errc::bad_request, std::move(why)});
    state_.effects.refused = true;
  }
  if (sessions_.is_wanted(shard) && sessions_.of(shard).wants_greeting()) connected(now, shard);
}

void Foreman::handle(proto::Instant now, std::uint32_t shard, proto::Message& message) {
  if (auto* grants = std::get_if<proto::Grants>(&message)) {
    broker_requests_.handle(now, std::move(*grants));
  } else if (const auto* revoke = std::get_if<proto::Revoke>(&message)) {
    broker_requests_.handle(now, *revoke);
  } else if (const auto* signals = std::get_if<proto::Signals>(&message)) {
    broker_requests_.handle(*signals);
  } else if (auto* welcome = std::get_if<proto::Welcome>(&message)) {
    broker_requests_.abandon(now, welcome->abandon);
    processes_.tell_all_started();
    state_.logs.notes().begin_session(welcome->log_bytes, sessions_.count() == 1);
    state_.effects.welcomes.push_back(std::move(*welcome));
  } else if (const auto* leave = std::get_if<proto::Drain>(&message)) {
    state_.effects.pool.drain = !state_.draining;
    state_.effects.pool.restart = leave->restart;
  } else if (const auto* order = std::get_if<proto::Scale>(&message)) {
    if (state_.draining) return;
    state_.sizer.reset();  // the operator knows better
    scale(now, state_, pool_, std::clamp<std::size_t>(order->children, 1, state_.config.slots), false);
  } else if (const auto* limits = std::get_if<proto::LogLimits>(&message)) {
    state_.logs.notes().set_limits(*limits);
  } else if (auto* error = std::get_if<proto::ErrorMessage>(&message)) {
    state_.effects.errors.push_back(std::move(*error));
    state_.effects.refused = sessions_.of(shard).handshake().refused();
  }
}

// ---- The children ---------------------------------------------------------------------------------------------------

void Foreman::spawned(ChildKey child, std::uint32_t pid) {
  children_.add(child, pid);
  state_.logs.spawned(child);
  child.slot < state_.config.slots ? pool_.spawned(child) : processes_.spawned(child, pid);
}

void Foreman::handle(proto::Instant now, ChildKey child, const ChildMessage& message) {
  const bool of_pool = child.slot < state_.config.slots;
  if (const auto* born = std::get_if<ChildBorn>(&message)) {
    state_.logs.handle(child, born->printed);
    of_pool ? pool_.born(child) : processes_.born(now, child);
  } else if (const auto* result = std::get_if<ChildResult>(&message)) {
    if (of_pool) state_.logs.handle(child, *result);  // a process may print until it has ended
    of_pool ? pool_.handle(now, child, *result) : processes_.handle(child, *result);
  } else if (const auto* progress = std::get_if<ChildProgress>(&message)) {
    const Attempt* attempt = state_.attempts.find(progress->serial);
    if (attempt == nullptr || attempt->escalation.abandoned()) return;
    std::string note{proto::first_bytes(progress->note, proto::limits::kMaxProgressNote)};
    if (attempt->seal && !note.empty()) note = state_.config.seals->seal_note(*attempt->seal, note);
    state_.progress.add(progress->serial, {attempt->task.id, attempt->task.grant, progress->fraction, std::move(note)});
  } else if (const auto* line = std::get_if<ChildLog>(&message)) {
    state_.logs.handle(child, *line);
  } else if (const auto* mark = std::get_if<ChildOutputMark>(&message)) {
    state_.logs.handle(child, mark->printed);
  }
}

void Foreman::handle(ChildKey child, const ChildOutput& output) {
  const auto source = output.errors ? proto::LogSource::errors : proto::LogSource::output;
  const Attempt* attempt = state_.attempts.find(serial_at(pool_, processes_, child.slot));
  state_.logs.printed(child, source, output.from, output.text, attempt == nullptr ? 0 : attempt->serial);
}

void Foreman::handle(proto::Instant now, const ChildDeath& death) {
  const bool exited = death.facts.signal == 0 && death.facts.exit_code >= 0;
  if (death.facts.pid != 0) outbox().deaths.add(static_cast<std::uint32_t>(death.facts.pid), exited);
  children_.remove(death.facts.child);
  const bool of_pool = death.facts.child.slot < state_.config.slots;
  const std::uint64_t ran = of_pool && death.started.empty() ? 0 : serial_at(pool_, processes_, death.facts.child.slot);
  state_.logs.died(death.facts.child, ran);
  state_.forget(death.facts.child);
  of_pool ? pool_.handle(death) : processes_.handle(now, death);
}

Foreman::RunningTask Foreman::running(std::uint32_t slot) const {
  proto::Instant since{0};
  if (slot < pool_.lines().slots()) since = pool_.lines().child(slot).front_since;
  const Attempt* attempt = state_.attempts.find(serial_at(pool_, processes_, slot));
  return attempt == nullptr ? RunningTask{} : RunningTask{&attempt->task, since};
}

// ---- Leaving --------------------------------------------------------------------------------------------------------

void Foreman::drain(proto::Instant now, proto::Instant deadline) {
  state_.draining = true;
  drain_deadline_.begin(deadline, state_.config.kill_grace);
  sessions_.for_each([&](Session& session) { session.drain(now); });
}

void Foreman::stop(proto::Instant now) {
  state_.draining = true;
  drain_deadline_.stop();
  pool_.stop(now);
  processes_.stop();
  state_.attempts.for_each(
      [this](std::uint64_t, const Attempt& attempt) { state_.report(attempt, outcome_of_stop(attempt)); });
  state_.attempts.clear();
  state_.progress.clear();
  state_.logs.notes().pop_all(outbox().logs);
  state_.effects.assignments.clear();
  sessions_.set_load(0, {});
  children_.note_dead(outbox().deaths, false);
  sessions_.flush(now);
  say_goodbye(now, sessions_, "stopped at once");
}

bool Foreman::finished(proto::Instant now) const {
  if (drain_deadline_.stopped()) return true;
  if (!state_.draining) return false;
  const bool all_known = sessions_.unacknowledged() == 0 || is_unknown(sessions_);
  return (state_.attempts.empty() && all_known) || drain_deadline_.is_over(now);
}

// ---- Rounds ---------------------------------------------------------------------------------------------------------

void Foreman::tick(proto::Instant now) {
  if (drain_deadline_.pop_deadline(now)) {
    state_.attempts.for_each([&](std::uint64_t, Attempt& attempt) {
      if (attempt.slot) attempt.escalation.request(EndReason::shutdown, now, state_.config.kill_grace);
    });
  }
  state_.shortage.tick(now);
  pool_.tick(now);
  processes_.tick(now);
  follow_load(now, state_, pool_, state_.attempts.size() - processes_.size());
  update_load(now, state_, pool_, processes_, sessions_);
  sessions_.for_each([&](Session& session) { session.tick(now); });
  for (std::uint32_t shard = 1; shard <= sessions_.count(); ++shard)
    if (sessions_.is_wanted(shard) && sessions_.of(shard).wants_greeting()) connected(now, shard);
}

void Foreman::flush(proto::Instant now) {
  state_.outbox.pause = state_.shortage.left(now);
  state_.outbox.shortage = state_.shortage.reason();
  // Without a session each attempt keeps its last note.
  if (has_any(sessions_)) {
    state_.progress.pop_due(now, state_.outbox.progress);
    state_.logs.notes().pop_due(now, state_.outbox.logs);
  }
  // The broker must know before this worker says GOODBYE that what clients in its children hold is free.
  if (state_.draining && finished(now)) children_.kill(state_.effects, outbox().deaths);
  sessions_.flush(now);
  if (state_.draining && finished(now)) say_goodbye(now, sessions_, "drained");
}

Effects& Foreman::take_effects() {
  taken_.clear();
  taken_.swap(state_.effects);
  const auto warn = [this](SessionEffects& said) {
    if (!said.warning.empty()) taken_.warnings.push_back(std::move(said.warning));
  };
  SessionEffects said{std::move(taken_.send), false, nullptr, {}};
  sessions_.of(1).take_effects(said);
  warn(said);
  taken_.send = std::move(said.send);
  taken_.reconnect = said.reconnect;
  taken_.moved = std::move(said.moved);
  for (std::uint32_t shard = 2; shard <= sessions_.count(); ++shard) {
    if (!sessions_.is_wanted(shard)) continue;
    SessionEffects its;
    sessions_.of(shard).take_effects(its);
    warn(its);
    if (!its.send.empty() || its.reconnect || its.moved)
      taken_.others.push_back({shard, std::move(its.send), its.reconnect, std::move(its.moved)});
  }
  return taken_;
}

proto::Instant Foreman::next_wakeup() const {
  proto::Instant next = std::min({next_wakeup_of(sessions_), drain_deadline_.next_wakeup(), pool_.next_wakeup()});
  next = std::min(next, processes_.next_wakeup());
  next = std::min(next, state_.shortage.next_wakeup());
  if (state_.sizer && !state_.draining) next = std::min(next, state_.sizer->next_wakeup());
  if (!has_any(sessions_)) return next;
  return std::min({next, state_.progress.next_wakeup(), state_.logs.notes().next_wakeup()});
}

}  // namespace forkmill::worker
