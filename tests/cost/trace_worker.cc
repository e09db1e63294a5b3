#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/cost/samples.h"
#include "tests/cost/traces.h"
#include "worker/rules/foreman.h"

namespace forkmill::cost {

namespace {

using namespace std::chrono_literals;
using worker::ChildKey;

constexpr std::uint32_t kChildren = 2;

// Children that run what they get at once, so that nothing can be revoked.
struct QuickChildren final : worker::Rings {
  bool revoke(ChildKey, std::uint64_t) override { return false; }
  bool condemn(ChildKey, std::uint64_t) override { return false; }
};

worker::ForemanConfig config() {
  worker::ForemanConfig config;
  config.tasks = {{kName, 0x1122334455667788}};
  config.slots = kChildren;
  config.name = kWorker;
  config.host = "bench-host";
  return config;
}

// The rules of a worker, whose broker and children answer in each round what they were sent in the round before.
class WorkerTrace {
 public:
  WorkerTrace(Meter& meter, std::size_t batch);
  // `batch` tasks are granted, and as many end.
  void round();
  std::uint64_t finished() const { return finished_; }

 private:
  void hear(proto::Message message);
  void turn();
  void read(const proto::Envelope& envelope);

  Meter& meter_;
  const std::size_t batch_;
  proto::Instant now_ = 1h;
  QuickChildren children_;
  worker::Foreman foreman_{config(), proto::Hello{}, 1, children_};
  std::uint64_t granted_ = 0, finished_ = 0, messages_ = 0, nonce_ = 0;
  std::vector<std::pair<ChildKey, std::uint64_t>> running_;  // serials
  proto::OutcomeAck ack_;                                    // for the outcomes of the last round
  const std::string result_ = std::string(kPayloadBytes, 'x');
};

WorkerTrace::WorkerTrace(Meter& meter, std::size_t batch) : meter_{meter}, batch_{batch} {
  for (std::uint32_t slot = 0; slot < kChildren; ++slot) {
    foreman_.spawned({slot, 1}, 5'000 + slot);
    foreman_.handle(now_, {slot, 1}, worker::ChildBorn{});
  }
  foreman_.connected(now_);
  turn();
  proto::Welcome welcome;
  welcome.nonce = nonce_;
  welcome.session = proto::SessionId{7};
  welcome.heartbeat = 1h;
  welcome.session_timeout = 2h;
  hear(welcome);
  turn();
}

void WorkerTrace::round() {
  for (const auto& [child, serial] : std::exchange(running_, {})) {
    worker::ChildResult result;
    result.serial = serial;
    result.verdict = worker::Verdict::succeeded;
    result.run_us = 1;
    result.payload = result_;
    const worker::ChildMessage message = result;
    meter_.count([&, key = child] { foreman_.handle(now_, key, message); });
  }
  if (!ack_.messages.empty()) hear(std::exchange(ack_, {}));
  proto::Grants grants;
  for (std::size_t i = 0; i < batch_; ++i) grants.tasks.push_back(granted(++granted_));
  hear(std::move(grants));
  turn();
}

void WorkerTrace::hear(proto::Message message) {
  proto::Envelope envelope{{proto::SessionId{7}, proto::MessageSeq{++messages_}}, std::move(message)};
  meter_.count([&] { foreman_.handle(now_, std::move(envelope)); });
}

void WorkerTrace::turn() {
  now_ += 100us;
  worker::Effects& effects = meter_.count([&]() -> worker::Effects& {
    foreman_.tick(now_);
    foreman_.flush(now_);
    return foreman_.take_effects();
  });
  for (const auto& one : effects.assignments) running_.emplace_back(one.child, one.head.serial);
  for (const auto& envelope : effects.send) read(envelope);
  meter_.count([&] { effects.clear(); });
}

void WorkerTrace::read(const proto::Envelope& envelope) {
  if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) nonce_ = hello->nonce;
  if (const auto* outcomes = std::get_if<proto::Outcomes>(&envelope.message)) {
    finished_ += outcomes->outcomes.size();
    ack_.messages.push_back(envelope.header.seq);
  }
}

void trace_batch(Meter& meter, std::size_t batch, std::size_t rounds) {
  WorkerTrace trace{meter, batch};
  while (trace.finished() < 2'000) trace.round();
  const auto before = trace.finished();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.report("worker.rules." + std::to_string(batch), trace.finished() - before);
  if (trace.finished() - before != rounds * batch) throw std::runtime_error{"worker.rules: not all tasks ended"};
}

}  // namespace

void trace_worker(Meter& meter) {
  trace_batch(meter, 1, 1'000);
  trace_batch(meter, 100, 40);
}

}  // namespace forkmill::cost
