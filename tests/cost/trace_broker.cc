#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/core.h"
#include "broker/store/memory_store.h"
#include "proto/limits.h"
#include "tests/cost/samples.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWaiting = 500;  // tasks in the queues beside those of the round

// How many take part in a trace.
struct Shape {
  bool durable = false;
  std::size_t batch = 1;  // tasks a round, which the clients submit in turn
  std::size_t clients = 1;
  std::size_t workers = 1;  // sessions, each with all queues, or with the next ones if there are too many
  std::size_t queues = 1;   // which get tasks in turn
};

broker::CoreOptions options() {
  broker::CoreOptions options;
  options.restart_grace = 0ms;
  options.kept_results = 1'000;  // few, so that the oldest are dropped as in a long run
  return options;
}

// Clients and workers, which answer in each round what the core has sent them in the round before.
class BrokerTrace {
 public:
  BrokerTrace(Meter& meter, Shape shape);
  // As many tasks are submitted as a round has, and as many end.
  void round();
  std::uint64_t finished() const { return finished_; }

 private:
  struct Client {
    proto::PeerId peer;
    proto::SessionId session;
    proto::Submit submit;    // sent in this round
    proto::ResultAck heard;  // for the results of the last round
  };
  struct Worker {
    proto::PeerId peer;
    proto::SessionId session;
    std::uint64_t granted = 0;
    proto::Outcomes outcomes;  // for the grants of the last round
  };

  proto::SessionId greet(proto::PeerId peer, proto::Hello hello);
  void add_client();
  void add_worker();
  std::string queue_name(std::size_t number) const;
  proto::Submission next_task();
  void submit(std::size_t count);
  void hear(proto::PeerId peer, proto::SessionId session, proto::Message message);
  void turn();
  void store(const broker::Effects& effects);
  void read(proto::PeerId peer, const proto::Message& message, proto::MessageSeq seq);

  Meter& meter_;
  const Shape shape_;
  broker::MemoryStore store_;
  proto::Now now_{1h, 1'700'000'000'000ms};
  broker::Core core_;
  // Peers have numbers from 1 on, clients first.
  std::vector<Client> clients_;
  std::vector<Worker> workers_;
  std::vector<proto::SharedSpec> specs_;  // by queue
  std::uint64_t submitted_ = 0, finished_ = 0, messages_ = 0;
  proto::Welcome welcome_;
};

broker::Identity identity_of(broker::MemoryStore& store) {
  const auto opened = store.open().value();
  return {opened.id, opened.epoch, opened.last, store.durable(), "cost", {}, opened.last_seq};
}

BrokerTrace::BrokerTrace(Meter& meter, Shape shape)
    : meter_{meter}, shape_{shape}, store_{"store", shape.durable}, core_{options(), identity_of(store_), now_} {
  core_.finish_recovery();
  for (std::size_t i = 0; i < shape_.queues; ++i) {
    proto::TaskSpec spec =
        *submission(0, shape_.durable ? proto::Durability::durable : proto::Durability::memory, 0).spec;
    spec.queue = queue_name(i);
    specs_.push_back(std::make_shared<const proto::TaskSpec>(std::move(spec)));
  }
  while (clients_.size() < shape_.clients) add_client();
  while (workers_.size() < shape_.workers) add_worker();
  if (shape_.queues == 1) submit(kWaiting);
  turn();
}

void BrokerTrace::add_client() {
  proto::Hello hello;
  hello.name = "client";
  hello.instance = clients_.size() + 1;
  Client& client = clients_.emplace_back();
  client.peer = proto::PeerId{clients_.size()};
  client.session = greet(client.peer, hello);
}

void BrokerTrace::add_worker() {
  const std::size_t most = std::min<std::size_t>(shape_.queues, proto::limits::kMaxQueuesPerWorker);
  proto::Hello hello;
  hello.role = proto::Role::worker;
  hello.name = kWorker;
  hello.instance = shape_.clients + workers_.size() + 1;
  for (std::size_t i = 0; i < most; ++i)
    hello.worker.queues.push_back(queue_name((workers_.size() * most + i) % shape_.queues));
  hello.worker.tasks = {{kName, "str(str)"}};
  hello.worker.children = 2;
  Worker& worker = workers_.emplace_back();
  worker.peer = proto::PeerId{shape_.clients + workers_.size()};
  worker.session = greet(worker.peer, hello);
  hear(worker.peer, worker.session, proto::Credit{shape_.batch});
}

std::string BrokerTrace::queue_name(std::size_t number) const {
  return shape_.queues == 1 ? kQueue : "bench-" + std::to_string(number);
}

proto::SessionId BrokerTrace::greet(proto::PeerId peer, proto::Hello hello) {
  hello.nonce = ++messages_;
  core_.handle(now_, peer, proto::Envelope{{}, hello}, proto::SessionId{100 + peer.value()});
  turn();
  return welcome_.session;
}

proto::Submission BrokerTrace::next_task() {
  const std::uint64_t number = ++submitted_;
  return {task_id(number), specs_[number % specs_.size()], payload(number)};
}

void BrokerTrace::submit(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) clients_[i % clients_.size()].submit.tasks.push_back(next_task());
  for (Client& client : clients_)
    if (!client.submit.tasks.empty()) hear(client.peer, client.session, std::exchange(client.submit, {}));
}

void BrokerTrace::round() {
  submit(shape_.batch);
  for (Client& client : clients_)
    if (!client.heard.messages.empty()) hear(client.peer, client.session, std::exchange(client.heard, {}));
  for (Worker& worker : workers_) {
    if (worker.outcomes.outcomes.empty()) continue;
    worker.outcomes.credit = worker.granted + shape_.batch;
    hear(worker.peer, worker.session, std::exchange(worker.outcomes, {}));
  }
  turn();
}

void BrokerTrace::hear(proto::PeerId peer, proto::SessionId session, proto::Message message) {
  proto::Envelope envelope{{session, proto::MessageSeq{++messages_}}, std::move(message)};
  meter_.count([&] { core_.handle(now_, peer, std::move(envelope), proto::SessionId{1}); });
}

void BrokerTrace::turn() {
  now_.steady += 100us;
  broker::Effects effects = meter_.count([&] {
    core_.tick(now_);
    core_.flush(now_);
    return core_.take_effects();
  });
  store(effects);
  for (const auto& send : effects.sends) read(send.peer, send.envelope.message, send.envelope.header.seq);
  meter_.count([&] { effects = {}; });
}

void BrokerTrace::store(const broker::Effects& effects) {
  if (!effects.ops.empty()) {
    if (!store_.apply(effects.ops).ok() || !store_.commit(effects.commit).ok()) throw std::runtime_error{"no commit"};
    meter_.count([&] { core_.committed(effects.commit); });
  }
  if (!effects.requests.empty())
    throw std::runtime_error{"the core reads from the store, which is no part of the trace"};
}

void BrokerTrace::read(proto::PeerId peer, const proto::Message& message, proto::MessageSeq seq) {
  if (const auto* welcome = std::get_if<proto::Welcome>(&message)) welcome_ = *welcome;
  if (const auto* grants = std::get_if<proto::Grants>(&message)) {
    Worker& worker = workers_[peer.value() - shape_.clients - 1];
    worker.granted += grants->tasks.size();
    for (const auto& task : grants->tasks) {
      worker.outcomes.outcomes.push_back({task.grant, outcome(task.grant.seq.value()), proto::milliseconds{-1}, 1});
    }
  }
  if (const auto* results = std::get_if<proto::Results>(&message)) {
    finished_ += results->results.size();
    clients_[peer.value() - 1].heard.messages.push_back(seq);
  }
}

// `warm_up`: tasks that end before it counts.
void trace_shape(Meter& meter, const std::string& name, Shape shape, std::size_t rounds, std::size_t warm_up = 4'000) {
  BrokerTrace trace{meter, shape};
  for (std::size_t i = 0; trace.finished() < warm_up; ++i) {
    trace.round();
    if (i > 2 * warm_up) throw std::runtime_error{name + ": tasks do not end"};
  }
  const auto before = trace.finished();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.report(name, trace.finished() - before);
  if (trace.finished() - before != rounds * shape.batch) throw std::runtime_error{name + ": not all tasks ended"};
}

// Tasks that wait, since there is no worker. Their memory is in the allocations, which are those of tables that grow.
void trace_backlog(Meter& meter, const std::string& name, std::size_t rounds) {
  const Shape shape{.batch = 100, .workers = 0};
  BrokerTrace trace{meter, shape};
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.report(name, rounds * shape.batch);
  if (trace.finished() > 0) throw std::runtime_error{name + ": tasks end without a worker"};
}

}  // namespace

void trace_broker(Meter& meter) {
  trace_shape(meter, "broker.memory.1", {.batch = 1}, 1'000);
  trace_shape(meter, "broker.memory.100", {.batch = 100}, 40);
  trace_shape(meter, "broker.durable.1", {.durable = true, .batch = 1}, 1'000);
  trace_shape(meter, "broker.durable.100", {.durable = true, .batch = 100}, 40);
  trace_backlog(meter, "broker.queued.100", 200);
  trace_shape(meter, "broker.clients.100", {.batch = 100, .clients = 100}, 40);
  trace_shape(meter, "broker.sessions.1000", {.batch = 100, .workers = 1'000}, 40);
  trace_shape(meter, "broker.queues.10000", {.batch = 100, .workers = 40, .queues = 10'000}, 100, 10'000);
}

}  // namespace forkmill::cost
