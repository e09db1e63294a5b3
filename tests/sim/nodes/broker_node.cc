#include "tests/sim/nodes/broker_node.h"

#include <algorithm>

#include "tests/sim/rules/replies.h"

namespace forkmill::sim {

namespace {

constexpr std::size_t kRound = 256;                   // as in broker/loop.cc
constexpr milliseconds kLookForRoom{500};             // as in broker/store/store_thread.cc
constexpr Instant kRepair = std::chrono::seconds{5};  // until an operator starts a broker that stopped

}  // namespace

BrokerNode::BrokerNode(World& world, Network& network, History& history, const ObjectHistory& objects)
    : world_{world},
      network_{network},
      history_{history},
      audit_{world, history},
      object_audit_{objects},
      retry_audit_{world},
      retention_audit_{world},
      alarm_{world, [this] { round(); }} {}

void BrokerNode::start() {
  if (up()) return;
  ++starts_;
  history_.broker_started();
  world_.trace.note(world_.now(), "broker", "starts");
  store_ = &storage_.begin(starts_);
  const auto opened = store_->open();
  if (!opened.ok()) return store_failed(opened.failure());
  storage_.opened();
  if (!recover(opened.value())) return;
  audit_.begin(core_->state());
  retry_audit_.begin(opened.value().last, skew_);
  retention_audit_.begin();
  turns_audit_.begin();
  network_.open(*this);
  look_for_room();
  alarm_.set(world_.now());
}

bool BrokerNode::recover(const broker::Store::Identity& identity) {
  committed_ = identity.last;
  core_ = std::make_unique<broker::Core>(
      world_.options.core,
      broker::Identity{identity.id, identity.epoch, identity.last, store_->durable(), "sim", {}, identity.last_seq},
      both());
  auto status = store_->load([this](const broker::TaskSummary& task) { core_->recover(task); });
  if (status.ok()) {
    status =
        store_->load_records([this](proto::TaskSeq seq, std::string_view bytes) { core_->recover_record(seq, bytes); });
  }
  if (!status.ok()) {
    store_failed(status.failure());
    return false;
  }
  core_->finish_recovery();
  return true;
}

// An operator starts the broker again.
void BrokerNode::store_failed(const proto::Failure& failure) {
  world_.trace.note(world_.now(), "broker", "stops: " + failure.text);
  if (!storage_.may_fail()) throw Violation{"the store failed without a reason: " + failure.text};
  go_down(false);
  world_.after(world_.random.between(Instant{0}, kRepair), [this] { start(); });
}

void BrokerNode::look_for_room() {
  const bool full = storage_.full();
  if (full != core_->state().disk_full) world_.trace.note(world_.now(), "disk", full ? "is full" : "has room");
  core_->set_disk_full(full);
  if (!full) return;
  world_.after(kLookForRoom, [this, start = starts_] {
    if (up() && start == starts_) look_for_room();
  });
}

void BrokerNode::crowd_disk(Instant until) {
  storage_.crowd();
  world_.at(until, [this] { storage_.make_room(); });
}

void BrokerNode::crash() {
  if (!up()) return;
  world_.trace.note(world_.now(), "broker", "crashes");
  // Jobs that are under way may have reached the disk.
  dying_ = true;
  storage_.begin_to_die();
  serve(world_.random.below(jobs_.size() + 1));
  dying_ = false;
  go_down(false);
}

void BrokerNode::go_down(bool orderly) {
  network_.close();
  core_.reset();
  storage_.end(orderly);
  inbox_.clear();
  asked_.clear();
  answered_.clear();
  jobs_.clear();
  held_ = {};
  serving_ = false;
  paused_until_ = {};
  alarm_.set(proto::kNever);
}

void BrokerNode::stop() {
  if (!up()) return;
  world_.trace.note(world_.now(), "broker", "stops");
  core_->shut_down(both());
  carry_out(core_->take_effects());
  serve(jobs_.size());
  if (!up()) return;
  held_.release(committed_, [this](broker::Send& one) { send(one); });
  go_down(true);
}

void BrokerNode::pause(Instant until) {
  world_.trace.note(world_.now(), "broker", "pauses");
  paused_until_ = std::max(paused_until_, until);
  alarm_.set(paused_until_);
}

void BrokerNode::set_clock(milliseconds skew) {
  world_.trace.note(world_.now(), "broker", "has its clock set to " + std::to_string(skew.count()) + " ms off");
  skew_ = skew;
}

std::string BrokerNode::unfinished() const {
  std::string text;
  if (!up()) return text;
  for (const broker::Task* task : core_->state().tasks.resident_tasks()) {
    if (broker::is_terminal(task->state)) continue;
    text += " " + brief(task->id) + " " + std::string{broker::state_name(task->state)} + " of " +
            std::to_string(task->attempts.value()) + " attempts, ready at " + std::to_string(task->ready_at.count()) +
            ", kind " + std::to_string(task->kind) + " in " + task->queue->name() + ";";
  }
  return text;
}

void BrokerNode::arrived(proto::PeerId peer, proto::Envelope envelope) {
  inbox_.push_back({peer, std::move(envelope)});
  alarm_.set_earlier(soon());
}

Instant BrokerNode::soon() const {
  return std::max(world_.now() + world_.drag(world_.options.slow.broker), paused_until_);
}

void BrokerNode::round() {
  if (!up()) return;
  if (world_.now() < paused_until_) return alarm_.set(paused_until_);
  std::size_t count = 0;
  for (; count < kRound && !inbox_.empty(); ++count) {
    Incoming one = std::move(inbox_.front());
    inbox_.pop_front();
    asked(one.peer, one.envelope);
    audit_.arrived(core_->state(), one.peer, one.envelope);
    retry_audit_.arrived(core_->state(), one.peer, one.envelope);
    core_->handle(both(), one.peer, std::move(one.envelope), proto::SessionId{world_.random.next() | 1});
  }
  core_->tick(both());
  core_->flush(both());
  auto effects = core_->take_effects();
  look_for_spin(count > 0 || !effects.sends.empty() || !effects.ops.empty() || !effects.requests.empty());
  carry_out(std::move(effects));
  ObjectAudit::waits(*core_);
  alarm_.set(inbox_.empty() ? std::max(core_->next_wakeup(), world_.now() + Instant{1}) : soon());
}

void BrokerNode::look_for_spin(bool worked) {
  constexpr Instant kAtOnce{1000};
  const bool again = world_.now() - std::exchange(last_round_, world_.now()) < kAtOnce;
  idle_rounds_ = again && !worked ? idle_rounds_ + 1 : 0;
  if (idle_rounds_ > kMaxIdleRings) throw Violation{"the broker wakes up again and again and does nothing"};
}

void BrokerNode::carry_out(broker::Effects effects) {
  check_answers(effects.sends);
  audit_.round(core_->state(), effects.sends);
  object_audit_.round(*core_);
  retry_audit_.round(core_->state(), effects.sends, effects.commit);
  retention_audit_.round(core_->state());
  turns_audit_.round(core_->state(), effects.sends);
  for (broker::Send& one : effects.sends) {
    if (one.after > committed_)
      held_.hold(std::move(one));
    else
      send(one);
  }
  if (!effects.ops.empty()) jobs_.emplace_back(Commit{std::move(effects.ops), effects.commit});
  for (broker::StoreRequest& request : effects.requests) jobs_.emplace_back(std::move(request));
  if (!jobs_.empty() && !serving_) serve_later();
}

void BrokerNode::asked(proto::PeerId peer, const proto::Envelope& envelope) {
  broker::ClientHandle asker;
  for (const auto& [handle, client] : core_->state().clients)
    if (client->session.id == envelope.header.session) asker = handle;
  if (const auto* query = std::get_if<proto::Query>(&envelope.message)) asked_[{peer, query->id}] = {*query, asker};
  if (const auto* command = std::get_if<proto::Command>(&envelope.message))
    asked_[{peer, command->id}] = {*command, asker};
}

// Replies describe the state before this round's grants.
void BrokerNode::check_answers(const std::vector<broker::Send>& sends) {
  for (const broker::Send& one : sends) {
    if (const auto* results = std::get_if<proto::Results>(&one.envelope.message)) {
      for (const auto& result : results->results)
        if (result.outcome.kind == proto::OutcomeKind::rejected) history_.views().shown(result.id, "");
    }
    const auto* reply = std::get_if<proto::Reply>(&one.envelope.message);
    const auto asked = reply == nullptr ? asked_.end() : asked_.find({one.peer, reply->id});
    if (asked == asked_.end()) continue;
    const auto& [what, client] = asked->second;
    if (const auto* query = std::get_if<proto::Query>(&what)) {
      check_fresh_reply(history_, *query, *reply);
      continue;
    }
    const auto& command = std::get<proto::Command>(what);
    auto& answered = answered_[client];
    const bool again = std::ranges::find(answered, command) != answered.end();
    if (!again) answered.push_back(command);
    check_fresh_reply(history_, command, *reply, again);
  }
  std::erase_if(answered_, [&](const auto& one) { return !core_->state().clients.contains(one.first); });
}

void BrokerNode::serve_later() {
  serving_ = true;
  const Instant takes = world_.random.between(Instant{0}, world_.options.commit_delay);
  if (at_next_commit_) world_.after(world_.random.between(takes / 2, takes), std::exchange(at_next_commit_, {}));
  world_.after(takes, [this, start = starts_] {
    if (!up() || start != starts_) return;
    if (world_.now() < paused_until_) return serve_later();
    serving_ = false;
    serve(world_.random.between(1, jobs_.size()));
    if (up() && jobs_.empty()) prepare();
    if (!up()) return;
    if (!core_->state().disk_full) look_for_room();
    held_.release(committed_, [this](broker::Send& one) { send(one); });
    if (!jobs_.empty()) serve_later();
    alarm_.set_earlier(world_.now());
  });
}

// Carries out the first `jobs` jobs, with one commit at the end.
void BrokerNode::serve(std::size_t jobs) {
  proto::CommitSeq last;
  std::vector<broker::StoreAnswer> answers;
  if (const auto status = serve(jobs, last, answers); !status.ok()) {
    if (!dying_) store_failed(status.failure());
    return;
  }
  if (last) {
    committed_ = last;
    core_->committed(committed_);
  }
  if (dying_) return;
  for (broker::StoreAnswer& answer : answers) core_->handle(both(), std::move(answer));
}

// Lets the store prepare while no job waits for it.
void BrokerNode::prepare() {
  const auto more = store_->prepare();
  if (!more.ok()) store_failed(more.failure());
}

proto::Status BrokerNode::serve(std::size_t jobs, proto::CommitSeq& last, std::vector<broker::StoreAnswer>& answers) {
  for (; jobs > 0; --jobs) {
    if (auto* commit = std::get_if<Commit>(&jobs_.front())) {
      if (auto status = store_->apply(commit->ops); !status.ok()) return status;
      last = commit->number;
    } else {
      auto answer = broker::serve(*store_, std::get<broker::StoreRequest>(jobs_.front()));
      if (!answer.ok()) return answer.failure();
      answers.push_back(std::move(answer).value());
    }
    jobs_.pop_front();
  }
  return last ? store_->commit(last) : proto::Status{};
}

void BrokerNode::send(broker::Send& one) {
  if (const auto* welcome = std::get_if<proto::Welcome>(&one.envelope.message)) {
    history_.futures().session_began(welcome->session);
  } else if (const auto* results = std::get_if<proto::Results>(&one.envelope.message)) {
    for (const auto& result : results->results) history_.reported(result);
  } else if (const auto* cancels = std::get_if<proto::CancelReply>(&one.envelope.message)) {
    for (const auto& answer : cancels->answers)
      if (answer.state == proto::CancelState::cancelled) history_.requests().cancelled(answer.id);
  } else if (const auto* reply = std::get_if<proto::Reply>(&one.envelope.message)) {
    const auto asked = asked_.find({one.peer, reply->id});
    if (asked != asked_.end())
      std::visit([&](const auto& what) { check_safe_reply(history_, what, *reply); }, asked->second.what);
  }
  if (!network_.send(one.peer, one.envelope)) core_->unreachable(one.peer);
}

}  // namespace forkmill::sim
