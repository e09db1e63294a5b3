#include <forkmill/client.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/cost/samples.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

// A client without a broker: futures are resolved by the trace, callbacks run when it calls poll().
class LoneOrigin final : public detail::Origin {
 public:
  explicit LoneOrigin(std::shared_ptr<Executor> executor) : executor_{std::move(executor)} {}
  ~LoneOrigin() override { executor_->stop(); }
  std::shared_ptr<Executor> executor() noexcept override { return executor_; }
  detail::Ref<detail::State> cancel(const TaskId&) override {
    return make_ready<CancelState>(CancelState::cancelled).release_state();
  }
  void check_process() const override {}
  bool wait(detail::Signal& signal, const detail::Deadline& deadline) override { return signal.sleep_until(deadline); }
  std::string why_waiting() const override { return {}; }

 private:
  std::shared_ptr<Executor> executor_;
};

constexpr std::size_t kBatch = 100;

using RemoteRef = detail::Ref<detail::RemoteState>;

// Futures of a batch of tasks, as submit() returns them, and what resolves them.
struct Batch {
  std::vector<RemoteRef> states;
  std::vector<Future<std::string>> futures;
};
Batch make_batch(const detail::Ref<LoneOrigin>& origin) {
  Batch batch;
  batch.states.reserve(kBatch);
  batch.futures.reserve(kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) {
    batch.states.push_back(detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, task_id(i)));
    batch.futures.push_back(detail::task_future<std::string>(batch.states.back()));
  }
  return batch;
}
void resolve(Batch& batch, const std::shared_ptr<const std::string>& result) {
  for (auto& state : batch.states) state->succeed(result, *result);
  batch.states.clear();
}

// The result is taken by get().
void trace_get(Meter& meter, const detail::Ref<LoneOrigin>& origin, const std::shared_ptr<const std::string>& result) {
  const auto round = [&] {
    Batch batch = make_batch(origin);
    resolve(batch, result);
    for (auto& future : batch.futures) {
      if (std::move(future).get().size() != kPayloadBytes) throw std::runtime_error{"futures.get: a wrong result"};
    }
  };
  round();
  meter.turn_on();
  for (int i = 0; i < 20; ++i) meter.count(round);
  meter.report("client.futures.get", 20 * kBatch);
}

// The result is taken by the callback of then().
void trace_then(Meter& meter, const detail::Ref<LoneOrigin>& origin, ManualExecutor& executor,
                const std::shared_ptr<const std::string>& result) {
  std::size_t bytes = 0;
  const auto round = [&] {
    Batch batch = make_batch(origin);
    std::vector<Future<void>> ends;
    ends.reserve(kBatch);
    for (auto& future : batch.futures) {
      ends.push_back(std::move(future).then([&bytes](const std::string& value) { bytes += value.size(); }));
    }
    resolve(batch, result);
    executor.run();
    for (auto& end : ends) std::move(end).get();
  };
  round();
  meter.turn_on();
  for (int i = 0; i < 20; ++i) meter.count(round);
  meter.report("client.futures.then", 20 * kBatch);
  if (bytes != 21 * kBatch * kPayloadBytes) throw std::runtime_error{"futures.then: a wrong result"};
}

}  // namespace

void trace_futures(Meter& meter) {
  const auto executor = std::make_shared<ManualExecutor>();
  const auto origin = detail::make_ref<LoneOrigin>(executor);
  const auto result = std::make_shared<const std::string>(pack_value(std::string(kPayloadBytes, 'x')));
  trace_get(meter, origin, result);
  trace_then(meter, origin, *executor, result);
}

}  // namespace forkmill::cost
