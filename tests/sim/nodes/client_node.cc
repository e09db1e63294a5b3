#include "tests/sim/nodes/client_node.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <csignal>

#include "tests/sim/rules/replies.h"

namespace forkmill::sim {

namespace {

// Cookies of cancels and queries have this bit: they are no futures of the history.
constexpr Cookie kAside = Cookie{1} << 63;

proto::TaskFilter draw_filter(Random& random) {
  constexpr const char* kStates[] = {"scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"};
  proto::TaskFilter filter;
  if (random.chance(0.5)) filter.state = kStates[random.below(std::size(kStates))];
  if (random.chance(0.2)) filter.queue = Workload::queue_name(0);
  if (random.chance(0.2)) filter.name = Workload::task_name(0);
  if (random.chance(0.5)) filter.most = static_cast<std::uint32_t>(random.between(1, 20));
  return filter;
}

}  // namespace

ClientNode::ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
                       std::string name, Home home)
    : world_{world},
      network_{network},
      history_{history},
      workload_{workload},
      name_{std::move(name)},
      home_{home},
      alarm_{world, [this] { settle(); }},
      user_{world, objects, name_, hands()} {
  workload_.cancel_listeners.push_back([this](const TaskId& id, std::string_view by) { cancel_as_well(id, by); });
  start();
}

ObjectCaller::Hands ClientNode::hands() {
  return {.operate =
              [this](proto::Operation op, bool harmless, Cookie cookie) {
                session_->handle(world_.now(), client::OperateObject{std::move(op), harmless, cookie});
                soon();
              },
          .give_up =
              [this](Cookie cookie) {
                session_->handle(world_.now(), client::GiveUp{cookie});
                soon();
              }};
}

// ---- The user -------------------------------------------------------------------------------------------------------

void ClientNode::act() {
  if (!up()) return;
  submit();
  const Options& options = world_.options;
  if (world_.random.chance(options.cancels)) cancel();
  if (world_.random.chance(options.attaches) && !workload_.known().empty())
    attach(world_.random.pick(workload_.known()));
  if (world_.random.chance(options.queries)) query();
  if (options.operators > 0 && world_.random.chance(options.operators)) look_after_dead();
  if (options.signals > 0 && world_.random.chance(options.signals)) signal_a_process();
  soon();
}

void ClientNode::act_with_objects() {
  act();
  if (up() && !world_.options.objects.shared.empty()) user_.act();
}

void ClientNode::submit() {
  for (proto::Submission& task : workload_.next_burst(skew_)) {
    const Cookie cookie = history_.futures().invoke(task);
    outstanding_.emplace_back(cookie, task.id);
    if (world_.random.chance(world_.options.cancels / 4)) cancel_soon(task.id);
    session_->handle(world_.now(), client::SubmitTask{std::move(task), cookie});
  }
  carry_out();  // a task of the same key may have been accepted
}

void ClientNode::cancel() {
  if (workload_.known().empty()) return;
  const bool own = !outstanding_.empty() && world_.random.chance(0.8);
  cancel(own ? world_.random.pick(outstanding_).second : world_.random.pick(workload_.known()));
}

// Cancels a task while it is on its way or has just begun.
void ClientNode::cancel_soon(const TaskId& id) {
  const Instant longest = 8 * world_.options.net_delay + 2 * world_.options.run_time;
  world_.after(world_.random.between(Instant{0}, longest), [this, id] {
    if (!up()) return;
    cancel(id);
    soon();
  });
}

void ClientNode::cancel(const TaskId& id) {
  ask_to_cancel(id);
  workload_.wanted_cancelled(id, name_);
}

// Asks to cancel a task as well, while the first client may still wait for its answer.
void ClientNode::cancel_as_well(const TaskId& id, std::string_view first) {
  if (first == name_ || !up() || !world_.random.chance(0.1)) return;
  world_.after(world_.random.between(Instant{0}, 4 * world_.options.net_delay), [this, id] {
    if (!up()) return;
    ask_to_cancel(id);
    soon();
  });
}

void ClientNode::ask_to_cancel(const TaskId& id) {
  history_.requests().cancel_asked(id);
  const Cookie cookie = kAside | world_.random.next();
  cancels_[cookie] = id;
  session_->handle(world_.now(), client::CancelTask{id, cookie});
}

void ClientNode::attach(const TaskId& id) {
  const auto same = [&](const auto& one) { return one.second == id; };
  if (std::any_of(outstanding_.begin(), outstanding_.end(), same)) return;
  const Cookie cookie = history_.futures().invoke_attach(id);
  outstanding_.emplace_back(cookie, id);
  session_->handle(world_.now(), client::AttachTask{id, cookie});
  carry_out();
}

void ClientNode::query() {
  constexpr proto::QueryKind kKinds[] = {proto::QueryKind::ping,    proto::QueryKind::status, proto::QueryKind::queues,
                                         proto::QueryKind::workers, proto::QueryKind::task,   proto::QueryKind::task,
                                         proto::QueryKind::tasks};
  proto::Query query;
  query.kind = kKinds[world_.random.below(std::size(kKinds))];
  if (query.kind == proto::QueryKind::task) {
    if (workload_.known().empty()) return;
    query.argument = world_.random.pick(workload_.known()).to_string();
  }
  if (query.kind == proto::QueryKind::tasks) query.filter = draw_filter(world_.random);
  ask(std::move(query));
}

void ClientNode::ask(proto::Query query, std::function<void(const proto::Reply&)> then) {
  const Cookie cookie = kAside | world_.random.next();
  if (then) asked_[cookie] = std::move(then);
  session_->handle(world_.now(), client::AskBroker{std::move(query), cookie});
  soon();
}

void ClientNode::give(proto::AnyCommand command, std::function<void(const proto::Reply&)> then) {
  const Cookie cookie = kAside | world_.random.next();
  if (then) asked_[cookie] = std::move(then);
  session_->handle(world_.now(), client::CommandBroker{std::move(command), cookie});
  soon();
}

// Signals a process of one of this client's own tasks.
void ClientNode::signal_a_process() {
  std::vector<TaskId> running;
  for (const auto& [cookie, id] : outstanding_)
    if (born_.contains(cookie)) running.push_back(id);
  if (running.empty()) return;
  constexpr int kSignals[] = {0, SIGUSR1, SIGTERM, SIGKILL};  // 0: asks for the state of the process
  const int signal = kSignals[world_.random.below(4)];
  const TaskId id = world_.random.pick(running);
  if (signal == 0) {
    proto::Query query;
    query.kind = proto::QueryKind::process;
    query.argument = id.to_string();
    return ask(std::move(query));
  }
  history_.requests().signal_asked(id);
  give(proto::SendSignal{id.to_string(), signal});
}

// Asks to retry or drop a task as a dead letter. Most tasks are none, and the broker has to say so.
void ClientNode::look_after_dead() {
  if (workload_.known().empty()) return;
  const TaskId id = world_.random.pick(workload_.known());
  const bool retry = world_.random.chance(0.6);
  const TaskId new_id = retry ? workload_.next_id(skew_) : TaskId{};
  const auto text = id.to_string();
  give(retry ? proto::AnyCommand{proto::RetryDeadLetter{text, new_id}} : proto::DropDeadLetter{text},
       [this, order = history_.requests().dead_asked(id, new_id), life = lives_](const proto::Reply& reply) {
         // A broker that has forgotten this client meanwhile may carry out the repeated command a second time.
         const bool same = life == lives_;
         history_.requests().dead_answered({order.id, order.new_id, same ? order.asked_of : 0, same && order.certain},
                                           reply.code);
       });
}

void ClientNode::survey() {
  proto::Query query;
  query.kind = proto::QueryKind::status;
  ask(query);
  history_.views().begin_survey();
  survey_from({});
}

void ClientNode::survey_from(proto::TaskSeq before) {
  proto::Query query;
  query.kind = proto::QueryKind::tasks;
  query.filter.before = before;
  query.filter.most = 50;
  ask(query, [this](const proto::Reply& reply) {
    listed_.merge(ids_listed(reply));
    if (const proto::TaskSeq next = next_page(reply)) return survey_from(next);
    history_.views().end_survey(listed_);
    surveyed_ = true;
  });
}

// ---- Faults ---------------------------------------------------------------------------------------------------------

void ClientNode::start() {
  if (up()) return;
  client::SessionOptions options;
  options.name = name_;
  options.child_of = home_.worker;
  options.pid = home_.pid;
  options.seed = world_.random.next();
  options.on_queue_full = world_.options.reject_when_full ? client::OnQueueFull::reject : client::OnQueueFull::resend;
  options.instance = world_.random.next() | 1;
  session_ = std::make_unique<client::Session>(options);
  user_.start();
  link_ = network_.attach(*this);
  world_.trace.note(world_.now(), name_, "starts");
}

void ClientNode::crash() {
  if (!up()) return;
  world_.trace.note(world_.now(), name_, "crashes");
  link_.reset();
  session_.reset();
  inbox_.clear();
  cancels_.clear();
  asked_.clear();
  born_.clear();
  for (const auto& [cookie, id] : std::exchange(outstanding_, {})) history_.futures().unknown(cookie);
  user_.crash();
  paused_until_ = {};
  alarm_.set(proto::kNever);
}

void ClientNode::cut() {
  if (up()) link_->cut();
}

void ClientNode::block(Instant until) {
  if (up()) link_->block(until);
}

void ClientNode::hollow(bool up, bool down) {
  if (this->up()) link_->hollow(up, down);
}

void ClientNode::pause(Instant until) {
  if (!up()) return;
  world_.trace.note(world_.now(), name_, "pauses");
  paused_until_ = std::max(paused_until_, until);
  alarm_.set(paused_until_);
}

// ---- What the engine does (client/engine/engine.cc) -----------------------------------------------------------------

void ClientNode::link_up() {
  inbox_.push_back({Event::up, {}});
  soon();
}

void ClientNode::link_down() {
  inbox_.push_back({Event::down, {}});
  soon();
}

void ClientNode::arrived(proto::Envelope envelope) {
  inbox_.push_back({Event::message, std::move(envelope)});
  soon();
}

void ClientNode::settle() {
  if (!up()) return;
  const Instant now = world_.now();
  if (now < paused_until_) return alarm_.set(paused_until_);
  bool worked = !inbox_.empty();
  while (!inbox_.empty()) {
    Event event = std::move(inbox_.front());
    inbox_.pop_front();
    switch (event.kind) {
      case Event::up:
        session_->connected(now);
        break;
      case Event::down:
        session_->disconnected();
        break;
      case Event::message:
        if (event.envelope.header.session) heard_in_ = event.envelope.header.session;
        session_->handle(now, std::move(event.envelope));
        carry_out();
        break;
    }
  }
  session_->tick(now);
  session_->flush(now);
  worked = carry_out() || worked;
  idle_rings_ = worked ? 0 : idle_rings_ + 1;
  if (idle_rings_ > kMaxIdleRings) throw Violation{name_ + " wakes up again and again and does nothing"};
  if (const Instant next = session_->next_wakeup(); next != proto::kNever)
    alarm_.set_earlier(std::max(next, now + Instant{1}));
}

// Returns whether something was sent or the connection was given up.
bool ClientNode::carry_out() {
  const client::Effects effects = session_->take_effects();
  for (const Cookie cookie : effects.accepted) history_.futures().acknowledged(cookie, heard_in_);
  for (const auto& line : effects.log) world_.trace.note(world_.now(), name_, line.text);
  for (const auto& envelope : effects.send) send(envelope);
  for (const auto& started : effects.started) {
    history_.futures().born(started.cookie, started.pid);
    born_.insert(started.cookie);
  }
  for (const auto& ended : effects.ended) {
    born_.erase(ended.cookie);
    std::erase_if(outstanding_, [&](const auto& one) { return one.first == ended.cookie; });
    history_.futures().resolved(ended.cookie, ended.outcome, ended.known_before);
  }
  for (const auto& answered : effects.answered) hear(answered.cookie, answered.reply);
  if (effects.holdings_lost) {
    ++lives_;
    user_.holdings_lost();
  }
  for (const auto& operated : effects.operated) user_.answered(operated.cookie, operated.answer);
  if (effects.reconnect) reconnect();
  return !effects.send.empty() || effects.reconnect;
}

void ClientNode::send(proto::Envelope envelope) {
  auto* hello = std::get_if<proto::Hello>(&envelope.message);
  if (hello != nullptr && world_.options.result_window > 0) hello->window_results = world_.options.result_window;
  link_->send(envelope);
}

void ClientNode::hear(Cookie cookie, const proto::Reply& reply) {
  if (const auto order = asked_.extract(cookie); !order.empty()) order.mapped()(reply);
  const auto asked = cancels_.find(cookie);
  if (asked == cancels_.end()) return;
  const auto state = static_cast<proto::CancelState>(unpack_value<unsigned>(reply.body.view()));
  if (state == proto::CancelState::cancelled) history_.requests().cancelled(asked->second);
  cancels_.erase(asked);
}

void ClientNode::reconnect() {
  session_->disconnected();
  inbox_.clear();
  link_->reconnect();
}

}  // namespace forkmill::sim
