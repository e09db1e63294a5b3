#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "tests/cost/samples.h"
#include "tests/cost/traces.h"
#include "worker/ipc/bell.h"
#include "worker/ipc/child_end.h"
#include "worker/ipc/link_end.h"

namespace forkmill::cost {

namespace {

// Both ends of one shared area in one thread: neither ever sleeps.
class RingTrace {
 public:
  explicit RingTrace(std::size_t batch)
      : batch_{batch},
        link_{worker::SharedArea::map(memory_.get())},
        child_{worker::SharedArea::map(memory_.get()), bell_.writer()} {}

  void round() {
    for (std::size_t i = 0; i < batch_; ++i) {
      worker::TaskHead head{};
      head.serial = ++sent_;
      head.attempt = 1;
      link_.send(head, kQueue, arguments_);
    }
    link_.flush();
    for (std::size_t i = 0; i < batch_; ++i) echo(child_.next());
    while (const auto message = link_.receive()) {
      if (const auto* result = std::get_if<worker::ChildResult>(&*message)) {
        if (result->payload == arguments_.view()) ++finished_;
      }
    }
    link_.flush();
  }
  std::uint64_t finished() const { return finished_; }

 private:
  void echo(const worker::StartedTask& task) {
    worker::ResultHead head{};
    head.serial = task.head.serial;
    const std::array<std::string_view, 2> pieces{worker::bytes_of(head), task.arguments};
    child_.say(worker::kResultRecord, pieces);
    if (!child_.finish(task.head.serial)) throw std::runtime_error{"worker.ring: an attempt was condemned"};
  }

  const std::size_t batch_;
  proto::Descriptor memory_ = worker::SharedArea::create();
  worker::Bell bell_;
  worker::LinkEnd link_;
  worker::ChildEnd child_;
  const proto::Payload arguments_ = payload(1);
  std::uint64_t sent_ = 0, finished_ = 0;
};

void trace_batch(Meter& meter, std::size_t batch, std::size_t rounds) {
  RingTrace trace{batch};
  for (std::size_t i = 0; i < 20; ++i) trace.round();
  const auto before = trace.finished();
  meter.turn_on();
  for (std::size_t i = 0; i < rounds; ++i) meter.count([&] { trace.round(); });
  meter.report("worker.ring." + std::to_string(batch), trace.finished() - before);
  if (trace.finished() - before != rounds * batch) throw std::runtime_error{"worker.ring: not all tasks ended"};
}

}  // namespace

void trace_ring(Meter& meter) {
  trace_batch(meter, 1, 1'000);
  trace_batch(meter, 100, 40);
}

}  // namespace forkmill::cost
