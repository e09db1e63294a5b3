#include "tests/sim/nodes/stranger.h"

#include <algorithm>
#include <limits>

namespace forkmill::sim {

namespace {

// Returns one of the map's values, whose keys are in no order that a simulation may depend on. Null: there is none.
template <class Map>
auto* pick(const Map& all, Random& random) {
  std::vector<typename Map::key_type> keys;
  for (const auto& [key, value] : all) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  return keys.empty() ? nullptr : all.at(random.pick(keys)).get();
}

proto::Hello hello_like(const broker::Session& session, proto::Role role, std::uint64_t instance) {
  proto::Hello hello;
  hello.role = role;
  hello.nonce = 1;
  hello.resume = session.id;
  hello.name = "stranger";
  hello.pid = session.pid;
  hello.instance = instance;
  hello.order = std::numeric_limits<std::uint64_t>::max();
  return hello;
}

}  // namespace

void Stranger::link_up() {
  if (!done_) say({}, hello_);
}

void Stranger::arrived(proto::Envelope envelope) {
  if (done_ || !std::holds_alternative<proto::Welcome>(envelope.message)) return;
  done_ = true;
  const proto::SessionId session = std::get<proto::Welcome>(envelope.message).session;
  if (!children_.empty()) say(session, proto::ChildrenGone{children_});
  say(session, proto::Goodbye{});
}

std::unique_ptr<Stranger> make_stranger(Network& network, const broker::BrokerState& state, Random& random) {
  if (random.chance(0.5)) {
    const broker::Client* client = pick(state.clients, random);
    if (client == nullptr) return nullptr;
    proto::Hello hello = hello_like(client->session, proto::Role::client, client->handle.value());
    return std::make_unique<Stranger>(network, std::move(hello), std::vector<std::uint32_t>{});
  }
  const broker::Worker* worker = pick(state.workers, random);
  if (worker == nullptr) return nullptr;
  proto::Hello hello = hello_like(worker->session, proto::Role::worker, worker->instance);
  hello.worker.queues = {"elsewhere"};
  hello.worker.children = 1;
  for (const broker::Task* task : worker->holding.by_seq()) hello.worker.holding.push_back(task->grant());
  hello.worker.holding_store = state.identity.store;
  std::vector<std::uint32_t> children;
  for (const auto& [handle, client] : state.clients)
    if (client->child_of == worker->instance && worker->instance != 0) children.push_back(client->session.pid);
  std::sort(children.begin(), children.end());
  return std::make_unique<Stranger>(network, std::move(hello), std::move(children));
}

}  // namespace forkmill::sim
