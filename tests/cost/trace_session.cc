#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/session/session.h"
#include "tests/cost/samples.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

using namespace std::chrono_literals;

// A session whose broker answers in each round what the session has sent in the round before.
class SessionTrace {
 public:
  SessionTrace(Meter& meter, std::size_t batch);
  // `batch` tasks are submitted, and as many end.
  void round();
  std::uint64_t finished() const { return finished_; }

 private:
  void hear(proto::Message message);
  void turn();
  void read(const proto::Envelope& envelope);

  Meter& meter_;
  const std::size_t batch_;
  proto::Instant now_ = 1h;
  client::Session session_{client::SessionOptions{"client", "bench-host", 4711, "cost"}};
  client::Effects effects_;
  proto::SessionId id_{7};
  std::uint64_t submitted_ = 0, finished_ = 0, messages_ = 0, nonce_ = 0;
  proto::SubmitAck submit_ack_;  // for the submissions of the last round
  proto::Results results_;       // for the submissions of the last round
};

SessionTrace::SessionTrace(Meter& meter, std::size_t batch) : meter_{meter}, batch_{batch} {
  session_.connected(now_);
  turn();
  proto::Welcome welcome;
  welcome.nonce = nonce_;
  welcome.session = id_;
  welcome.epoch = proto::Epoch{1};
  welcome.heartbeat = 1h;
  welcome.session_timeout = 2h;
  welcome.window_tasks = 16 * 1024;
  welcome.window_bytes = 64 * 1024 * 1024;
  welcome.store = "store";
  hear(welcome);
  turn();
}

void SessionTrace::round() {
  if (!submit_ack_.messages.empty()) hear(std::exchange(submit_ack_, {}));
  if (!results_.results.empty()) hear(std::exchange(results_, {}));
  for (std::size_t i = 0; i < batch_; ++i) {
    const auto number = ++submitted_;
    client::Request request = client::SubmitTask{submission(number, proto::Durability::of_queue), number};
    meter_.count([&] { session_.handle(now_, std::move(request)); });
  }
  turn();
}

void SessionTrace::hear(proto::Message message) {
  proto::Envelope envelope{{id_, proto::MessageSeq{++messages_}}, std::move(message)};
  meter_.count([&] { session_.handle(now_, std::move(envelope)); });
}

void SessionTrace::turn() {
  now_ += 100us;
  meter_.count([&] {
    session_.tick(now_);
    session_.flush(now_);
    session_.take_effects(effects_);
  });
  finished_ += effects_.ended.size();
  for (const auto& envelope : effects_.send) read(envelope);
  meter_.count([&] { effects_.clear(); });
}

void SessionTrace::read(const proto::Envelope& envelope) {
  if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) nonce_ = hello->nonce;
  if (const auto* submit = std::get_if<proto::Submit>(&envelope.message)) {
    submit_ack_.messages.push_back(envelope.header.seq);
    for (const auto& task : submit->tasks) results_.results.push_back({task.id, outcome(messages_)});
  }
}

void trace_batch(Meter& meter, std::size_t batch, std::size_t rounds) {
  SessionTrace trace{meter, batch};
  while (trace.finished() < 2'000) trace.round();
  const auto before = trace.finished();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) trace.round();
  meter.report("client.session." + std::to_string(batch), trace.finished() - before);
  if (trace.finished() - before != rounds * batch) throw std::runtime_error{"client.session: not all tasks ended"};
}

}  // namespace

void trace_session(Meter& meter) {
  trace_batch(meter, 1, 1'000);
  trace_batch(meter, 100, 40);
}

}  // namespace forkmill::cost
