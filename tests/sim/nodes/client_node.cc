#include "tests/sim/nodes/client_node.h"

#include <utility>

namespace forkmill::sim {

ClientNode::ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
                       const std::string& name, Home home)
    : world_{world},
      history_{history},
      home_{home},
      line_{network, name, {[this] { engine_.wake_soon(); }, {}}, home.principal},
      engine_{world, name, *this},
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
  engine_.start(std::move(options));
  users_.objects().start();
  engine_.make_missing();
  engine_.note("starts");
}

void ClientNode::crash() {
  if (!up()) return;
  engine_.note("crashes");
  engine_.end();
  users_.crash();
}

// ---- The engine -----------------------------------------------------------------------------------------------------

void ClientNode::hears(const client::Effects& effects, proto::SessionId latest) {
  TaskUser& tasks = users_.tasks();
  ObjectUser& objects = users_.objects();
  for (const Cookie cookie : effects.accepted) history_.futures().acknowledged(cookie, latest);
  for (const auto& started : effects.started) tasks.started(started.cookie, started.pid);
  for (const auto& ended : effects.ended) tasks.ended(ended.cookie, ended.outcome, ended.known_before);
  for (const auto& answered : effects.answered) tasks.answered(answered.cookie, answered.reply);
  if (effects.holdings_lost) {
    tasks.forgotten();
    objects.holdings_lost();
  }
  for (const auto& operated : effects.operated) objects.answered(operated.cookie, operated.answer);
}

// A simulated client may ask for fewer results at a time than a real one, which asks for as many as it can take.
void ClientNode::sends(proto::Envelope& envelope) {
  auto* hello = std::get_if<proto::Hello>(&envelope.message);
  if (hello != nullptr && world_.options.result_window > 0) hello->window_results = world_.options.result_window;
}

}  // namespace forkmill::sim
