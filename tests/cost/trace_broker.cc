#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/core.h"
#include "broker/store/memory_store.h"
#include "tests/cost/samples.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWaiting = 500;  // tasks in the queue beside those of the round
constexpr proto::PeerId kClient{1};
constexpr proto::PeerId kWorkerPeer{2};

broker::CoreOptions options() {
  broker::CoreOptions options;
  options.restart_grace = 0ms;
  options.kept_results = 1'000;  // few, so that the oldest are dropped as in a long run
  return options;
}

// One client and one worker, which answer in each round what the core has sent them in the round before.
class BrokerTrace {
 public:
  BrokerTrace(Meter& meter, bool durable, std::size_t batch);
  // `batch` tasks are submitted, and as many end.
  void round();
  std::uint64_t finished() const { return finished_; }

 private:
  proto::SessionId greet(proto::PeerId peer, proto::Hello hello);
  proto::Submit next_tasks(std::size_t count);
  void hear(proto::PeerId peer, proto::SessionId session, proto::Message message);
  void turn();
  void store(const broker::Effects& effects);
  void read(const proto::Message& message, proto::MessageSeq seq);

  Meter& meter_;
  const bool durable_;
  const std::size_t batch_;
  broker::MemoryStore store_;
  proto::Now now_{1h, 1'700'000'000'000ms};
  broker::Core core_;
  proto::SessionId client_, worker_;
  std::uint64_t submitted_ = 0, granted_ = 0, finished_ = 0, messages_ = 0;
  proto::Outcomes outcomes_;      // for the grants of the last round
  proto::ResultAck results_ack_;  // for the results of the last round
  proto::Welcome welcome_;
};

broker::Identity identity_of(broker::MemoryStore& store) {
  const auto opened = store.open().value();
  return {opened.id, opened.epoch, opened.last, store.durable(), "cost", {}, opened.last_seq};
}

BrokerTrace::BrokerTrace(Meter& meter, bool durable, std::size_t batch)
    : meter_{meter},
      durable_{durable},
      batch_{batch},
      store_{"store", durable},
      core_{options(), identity_of(store_), now_} {
  core_.finish_recovery();
  proto::Hello client;
  client.name = "client";
  client.instance = 1;
  client_ = greet(kClient, client);
  proto::Hello worker;
  worker.role = proto::Role::worker;
  worker.name = kWorker;
  worker.instance = 2;
  worker.worker.queues = {kQueue};
  worker.worker.tasks = {{kName, "str(str)"}};
  worker.worker.children = 2;
  worker_ = greet(kWorkerPeer, worker);
  hear(kWorkerPeer, worker_, proto::Credit{batch_});
  hear(kClient, client_, next_tasks(kWaiting));
  turn();
}

proto::SessionId BrokerTrace::greet(proto::PeerId peer, proto::Hello hello) {
  hello.nonce = ++messages_;
  core_.handle(now_, peer, proto::Envelope{{}, hello}, proto::SessionId{100 + peer.value()});
  turn();
  return welcome_.session;
}

proto::Submit BrokerTrace::next_tasks(std::size_t count) {
  const auto durability = durable_ ? proto::Durability::durable : proto::Durability::memory;
  proto::Submit message;
  for (std::size_t i = 0; i < count; ++i) {
    message.tasks.push_back(submission(++submitted_, durability, 0));
  }
  return message;
}

void BrokerTrace::round() {
  hear(kClient, client_, next_tasks(batch_));
  if (!results_ack_.messages.empty()) hear(kClient, client_, std::exchange(results_ack_, {}));
  outcomes_.credit = granted_ + batch_;
  hear(kWorkerPeer, worker_, std::exchange(outcomes_, {}));
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
  for (const auto& send : effects.sends) read(send.envelope.message, send.envelope.header.seq);
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

void BrokerTrace::read(const proto::Message& message, proto::MessageSeq seq) {
  if (const auto* welcome = std::get_if<proto::Welcome>(&message)) welcome_ = *welcome;
  if (const auto* grants = std::get_if<proto::Grants>(&message)) {
    granted_ += grants->tasks.size();
    for (const auto& task : grants->tasks) {
      outcomes_.outcomes.push_back({task.grant, outcome(task.grant.seq.value()), proto::milliseconds{-1}, 1});
    }
  }
  if (const auto* results = std::get_if<proto::Results>(&message)) {
    finished_ += results->results.size();
    results_ack_.messages.push_back(seq);
  }
}

void trace_batch(Meter& meter, const std::string& name, bool durable, std::size_t batch, std::size_t rounds) {
  BrokerTrace trace{meter, durable, batch};
  for (std::size_t i = 0; trace.finished() < 4'000; ++i) {
    trace.round();
    if (i > 8'000) throw std::runtime_error{name + ": tasks do not end"};
  }
  const auto before = trace.finished();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.report(name + std::to_string(batch), trace.finished() - before);
  if (trace.finished() - before != rounds * batch) throw std::runtime_error{name + ": not all tasks ended"};
}

}  // namespace

void trace_broker(Meter& meter) {
  trace_batch(meter, "broker.memory.", false, 1, 1'000);
  trace_batch(meter, "broker.memory.", false, 100, 40);
  trace_batch(meter, "broker.durable.", true, 1, 1'000);
  trace_batch(meter, "broker.durable.", true, 100, 40);
}

}  // namespace forkmill::cost
