#include "tests/sim/nodes/stranger.h"

#include <algorithm>
#include <limits>
#include <string>

#include "tests/sim/audits/require.h"

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

// Returns the id of a task, in memory or on disk. None: there is none.
std::optional<TaskId> pick_task(const broker::BrokerState& state, Random& random) {
  std::vector<TaskId> ids;
  for (const broker::Task* task : state.tasks.resident_tasks()) ids.push_back(task->id);
  state.tasks.visit_paged_out([&](const TaskId& id, broker::PagedOutEntry) { ids.push_back(id); });
  std::sort(ids.begin(), ids.end());
  return ids.empty() ? std::nullopt : std::optional{random.pick(ids)};
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
  if (!done_) say({}, plan_.hello);
}

void Stranger::arrived(proto::Envelope envelope) {
  if (done_) return;
  check(envelope.message);
  if (const auto* welcome = std::get_if<proto::Welcome>(&envelope.message)) {
    session_ = welcome->session;
    if (!plan_.children.empty()) say(session_, proto::ChildrenGone{plan_.children});
    if (plan_.task) return want(*plan_.task);
  }
  constexpr int kAnswers = 4;
  if (!session_ || (plan_.task && answers_ < kAnswers)) return;
  done_ = true;
  say(session_, proto::Goodbye{});
}

void Stranger::want(const TaskId& task) {
  say(session_, proto::Query{1, proto::QueryKind::task, task.to_string(), {}});
  proto::TaskFilter filter;
  filter.id = task.to_string();
  say(session_, proto::Query{2, proto::QueryKind::tasks, {}, filter});
  say(session_, proto::Attach{{task}});
  say(session_, proto::Cancel{{task}});
}

void Stranger::check(const proto::Message& message) {
  const auto tells_nothing = [](bool holds, const char* what) {
    require(holds, "17", [&] { return std::string{"a stranger is told of a task of others by "} + what; });
  };
  if (const auto* reply = std::get_if<proto::Reply>(&message)) {
    ++answers_;
    tells_nothing(reply->id != 1 || reply->code == Errc::task_unknown, "a query");
    tells_nothing(reply->id != 2 || reply->body.view().find(plan_.task->to_string()) == std::string_view::npos,
                  "a list");
  }
  if (const auto* results = std::get_if<proto::Results>(&message)) {
    ++answers_;
    for (const auto& one : results->results)
      tells_nothing(one.outcome.error && one.outcome.error->code == Errc::task_unknown, "a result");
  }
  if (const auto* cancels = std::get_if<proto::CancelReply>(&message)) {
    ++answers_;
    for (const auto& one : cancels->answers)
      tells_nothing(one.state == proto::CancelState::unknown, "the answer to a cancel");
  }
}

std::unique_ptr<Stranger> make_stranger(Network& network, const broker::BrokerState& state, Random& random) {
  if (random.chance(0.5)) {
    const broker::Client* client = pick(state.clients, random);
    if (client == nullptr) return nullptr;
    proto::Hello hello = hello_like(client->session, proto::Role::client, client->handle.value());
    return std::make_unique<Stranger>(network, Stranger::Plan{std::move(hello), {}, pick_task(state, random)});
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
  return std::make_unique<Stranger>(network, Stranger::Plan{std::move(hello), std::move(children), {}});
}

}  // namespace forkmill::sim
