#include "tests/sim/nodes/client_node.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

ClientNode::ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
                       const std::string& name, Home home)
    : world_{world},
      history_{history},
      home_{home},
      pulse_{world, world.options.slow.client, [this] { round(); }},
      line_{network, name, {[this] { pulse_.soon(); }, {}}, home.principal},
      users_{world, history, objects, workload, name, *this} {
  start();
}

// ---- Life -----------------------------------------------------------------------------------------------------------

void ClientNode::start() {
  if (up()) return;
  client::SessionOptions options;
  options.name = line_.name();
  options.child_of = home_.worker;
  options.pid = home_.pid;
  options.seed = world_.random.next();
  options.on_queue_full = world_.options.reject_when_full ? client::OnQueueFull::reject : client::OnQueueFull::resend;
  options.instance = world_.random.next() | 1;
  session_ = std::make_unique<client::Session>(options);
  users_.objects().start();
  line_.begin();
  note("starts");
}

void ClientNode::crash() {
  if (!up()) return;
  note("crashes");
  line_.end();
  session_.reset();
  users_.crash();
  pulse_.stop();
}

void ClientNode::pause(Instant until) {
  if (!up()) return;
  note("pauses");
  pulse_.stand_still(until);
}

// ---- The engine -----------------------------------------------------------------------------------------------------

void ClientNode::round() {
  if (!up()) return;
  const Instant now = world_.now();
  bool worked = line_.has_events();
  while (auto event = line_.next_event()) handle(std::move(*event));
  session_->tick(now);
  session_->flush(now);
  worked = carry_out() || worked;
  spin_.woke(line_.name(), worked);
  pulse_.wake_at(session_->next_wakeup());
}

void ClientNode::handle(Line::Event event) {
  switch (event.kind) {
    case Line::Event::up:
      return session_->connected(world_.now());
    case Line::Event::down:
      return session_->disconnected();
    case Line::Event::message:
      if (event.envelope.header.session) heard_in_ = event.envelope.header.session;
      session_->handle(world_.now(), std::move(event.envelope));
      carry_out();
  }
}

// Returns whether something was sent, or the connection given up.
bool ClientNode::carry_out() {
  const client::Effects effects = session_->take_effects();
  TaskUser& tasks = users_.tasks();
  ObjectUser& objects = users_.objects();
  for (const Cookie cookie : effects.accepted) history_.futures().acknowledged(cookie, heard_in_);
  for (const auto& line : effects.log) note(line.text);
  const bool taken = std::ranges::all_of(effects.send, [this](const auto& one) { return send(one); });
  for (const auto& started : effects.started) tasks.started(started.cookie, started.pid);
  for (const auto& ended : effects.ended) tasks.ended(ended.cookie, ended.outcome, ended.known_before);
  for (const auto& answered : effects.answered) tasks.answered(answered.cookie, answered.reply);
  if (effects.holdings_lost) {
    tasks.forgotten();
    objects.holdings_lost();
  }
  for (const auto& operated : effects.operated) objects.answered(operated.cookie, operated.answer);
  if (!taken || effects.reconnect) {
    session_->disconnected();
    line_.reconnect();
  }
  return !effects.send.empty() || effects.reconnect;
}

// A simulated client may ask for fewer results at a time than a real one, which asks for as many as it can take.
bool ClientNode::send(proto::Envelope envelope) {
  auto* hello = std::get_if<proto::Hello>(&envelope.message);
  if (hello != nullptr && world_.options.result_window > 0) hello->window_results = world_.options.result_window;
  return line_.send(envelope);
}

}  // namespace forkmill::sim
