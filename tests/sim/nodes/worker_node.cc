#include "tests/sim/nodes/worker_node.h"

#include <algorithm>
#include <utility>

#include "tests/sim/nodes/child_talk.h"
#include "tests/sim/nodes/worker_setup.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

std::string name_of(std::size_t number) { return "worker-" + std::to_string(number); }

}  // namespace

WorkerNode::WorkerNode(World& world, Network& network, History& history, std::size_t number, Settler settler)
    : world_{world},
      history_{history},
      number_{number},
      config_{draw_worker(world, number, name_of(number))},
      pulse_{world, world.options.slow.worker, [this] { round(); }},
      line_{network, config_.name, {[this] { pulse_.soon(); }, [this](Instant until) { disturbed(until); }}},
      pool_{world,
            history,
            config_.name,
            {.children = config_.children_at_start(), .slots = config_.slots},
            static_cast<std::uint32_t>(1000 * (number + 1)),
            {.wake = [this] { pulse_.soon(); },
             .spawned =
                 [this](worker::ChildKey key, std::uint32_t pid) {
                   foreman_->spawned(key, pid);
                   carry_out();
                 },
             .in_reach_since = [this] { return std::max(in_reach_since_, pulse_.still_until()); },
             .settle_in = [this, settler = std::move(settler)](
                              std::uint32_t pid) { return settler(config_.name, instance_, pid); }}} {
  start();
}

// ---- Life -----------------------------------------------------------------------------------------------------------

void WorkerNode::start() {
  if (up()) return;
  note("starts");
  instance_ = world_.random.next() | 1;
  in_reach_since_ = proto::kNever;
  const std::uint64_t seed = world_.random.next();
  const proto::Hello hello = draw_hello(world_, number_, config_, instance_);
  foreman_ = std::make_unique<worker::Foreman>(config_, hello, seed, pool_);
  pool_.start();
  line_.begin();
  pulse_.soon();
}

void WorkerNode::crash() {
  if (!up()) return;
  note("is gone");
  line_.end();
  pool_.stop();
  foreman_.reset();
  pulse_.stop();
}

void WorkerNode::drain() {
  if (!up()) return;
  note("drains");
  foreman_->drain(world_.now(), world_.now() + world_.random.between(Instant{10ms}, Instant{5s}));
  carry_out();
  pulse_.soon();
}

void WorkerNode::pause(Instant until, bool children_too) {
  if (!up()) return;
  note(children_too ? "pauses, children too" : "its link pauses");
  pulse_.stand_still(until);
  if (children_too) pool_.stand_still(pulse_.still_until());
}

// ---- The link -------------------------------------------------------------------------------------------------------

// A round, as Link::run() in worker/link/link.cc has it.
void WorkerNode::round() {
  if (!up()) return;
  const Instant now = world_.now();
  worked_ = line_.has_events() || pool_.has_deaths();
  while (auto event = line_.next_event()) handle(std::move(*event));
  pool_.visit([&](Child& child) { worked_ = read_child(*foreman_, child, now) || worked_; });
  worked_ = bury_children(*foreman_, pool_, now) || worked_;
  report();
  foreman_->tick(now);
  foreman_->flush(now);
  carry_out();
  if (foreman_->finished(now)) {
    crash();
    return world_.after(world_.random.between(Instant{10ms}, Instant{3s}), [this] { start(); });
  }
  spin_.woke(line_.name(), worked_);
  pulse_.wake_at(foreman_->next_wakeup());
}

void WorkerNode::handle(Line::Event event) {
  switch (event.kind) {
    case Line::Event::up:
      foreman_->connected(world_.now());
      break;
    case Line::Event::down:
      foreman_->disconnected();
      break;
    case Line::Event::message:
      credit_.heard(event.envelope, line_.name());
      if (auto* grants = std::get_if<proto::Grants>(&event.envelope.message)) overhear_timeout(*grants);
      foreman_->handle(world_.now(), std::move(event.envelope));
      break;
  }
  carry_out();
}

void WorkerNode::overhear_timeout(proto::Grants& grants) {
  for (proto::GrantedTask& task : grants.tasks) {
    const bool is_limited = task.spec->options.timeout.count() > 0 && !task.spec->options.process;
    if (world_.calm || !is_limited || pool_.has_hanging() || !world_.random.chance(world_.options.deaf)) continue;
    note("forgets a time limit");
    auto& options = task.edit().options;
    options.timeout = milliseconds{0};
    options.soft_timeout = milliseconds{0};
    pool_.let_hang(task.grant);
  }
}

// Reports all processes about once a heartbeat interval, as the link does (worker/link/process_report.h).
void WorkerNode::report() {
  const Instant now = world_.now();
  if (world_.options.max_processes == 0 || now < report_at_) return;
  report_at_ = now + Instant{world_.options.core.heartbeat};
  proto::Report report;
  pool_.visit([&](Child& child) {
    if (!child.lives()) return;
    proto::ProcessRow row;
    row.pid = child.identity().pid;
    row.role = child.is_process() ? proto::ProcessRole::process : proto::ProcessRole::child;
    row.state = "S";
    if (const proto::GrantedTask* task = child.work().task()) row.grant = task->grant;
    report.processes.push_back(std::move(row));
  });
  foreman_->outbox().report = std::move(report);
}

void WorkerNode::carry_out() {
  worker::Effects effects;
  effects.swap(foreman_->take_effects());
  give_tasks(effects, *foreman_, pool_);
  carry_out(effects.pool);
  send_signals(effects, pool_);
  for (const auto& one : effects.forks) pool_.fork(one.slot);
  const bool taken = std::ranges::all_of(effects.send, [this](const auto& one) { return send(one); });
  if (!taken) foreman_->disconnected();
  for (const auto& welcome : effects.welcomes) welcomed(welcome);
  for (const auto& error : effects.errors) note("is told: " + error.text);
  if (effects.refused) throw Violation{config_.name.str() + " was refused: " + effects.errors.back().text};
  if (!taken || effects.reconnect) line_.reconnect();
}

// As the supervisor does.
void WorkerNode::carry_out(const worker::PoolRequest& request) {
  if (request.children != 0) pool_.scale(request.children);
  if (!request.drain) return;
  world_.after(world_.random.between(Instant{50us}, Instant{5ms}), [this, instance = instance_] {
    if (instance == instance_) drain();
  });
}

bool WorkerNode::send(const proto::Envelope& envelope) {
  worked_ = true;
  credit_.said(envelope);
  return line_.send(envelope);
}

void WorkerNode::welcomed(const proto::Welcome& welcome) {
  credit_.welcomed(welcome);
  in_reach_since_ = world_.now();
  for (const proto::Grant& grant : welcome.abandon) history_.processes().abandoned(grant);
}

}  // namespace forkmill::sim
