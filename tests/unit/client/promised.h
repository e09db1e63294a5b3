// Futures that a test resolves by hand: an origin without a broker behind it.
#pragma once

#include <doctest/doctest.h>
#include <forkmill/client.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::tests {

using namespace std::chrono_literals;

class TestOrigin final : public detail::Origin {
 public:
  explicit TestOrigin(std::shared_ptr<Executor> executor) : executor_{std::move(executor)} {}
  ~TestOrigin() override { executor_->stop(); }

  std::shared_ptr<Executor> executor() noexcept override { return executor_; }
  detail::Ref<detail::State> cancel(const TaskId& id) override {
    cancelled.push_back(id);
    return make_ready<CancelState>(answer).release_state();
  }
  void check_process() const override {}
  bool wait(detail::Signal& signal, const detail::Deadline& deadline) override { return signal.sleep_until(deadline); }
  std::string why_waiting() const override { return "it is a test"; }

  // How many states there are, and other things that keep a client.
  std::uint32_t keepers() const noexcept { return owners(); }

  std::vector<TaskId> cancelled;
  CancelState answer = CancelState::cancelled;  // to each cancel

 private:
  std::shared_ptr<Executor> executor_;
};

// One task's future and the end of it that a session would hold.
template <class T>
struct Promised {
  detail::Ref<detail::RemoteState> state;
  Future<T> future;

  // Another view of the same task, as attach() gives.
  Future<RawResult> raw() const {
    state->decode_by(&detail::decode_into<RawResult>);
    return Future<RawResult>{detail::Ref<detail::State>{state}};
  }
  void value(const T& result) { bytes(pack_value(result)); }
  void bytes(std::string packed) {
    auto owner = std::make_shared<const std::string>(std::move(packed));
    const std::string_view view = *owner;
    state->succeed(std::move(owner), view);
  }
  template <class E>
  void error(E thrown) {
    state->fail(std::make_exception_ptr(std::move(thrown)));
  }
};

// With callbacks on a thread, and with callbacks by hand.
struct Threaded {
  detail::Ref<TestOrigin> origin = detail::make_ref<TestOrigin>(make_callback_thread());
  std::uint64_t promises = 0;

  template <class T>
  Promised<T> promise() {
    auto state =
        detail::make_ref<detail::RemoteState>(detail::Ref<detail::Origin>{origin}, TaskId::make(1, 2, ++promises));
    return {state, detail::task_future<T>(state)};
  }
};
struct ByHand : Threaded {
  std::shared_ptr<ManualExecutor> executor = std::make_shared<ManualExecutor>();
  ByHand() { origin = detail::make_ref<TestOrigin>(executor); }
  ~ByHand() { executor->stop(); }  // callbacks that have not run hold the origin, which holds the executor
};

}  // namespace forkmill::tests
