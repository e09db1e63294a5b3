// Readiness: how wait() of wait_ready.h waits for one thing. For the library.
#pragma once

#include <forkmill/detail/state.h>

#include <chrono>
#include <optional>
#include <utility>

namespace forkmill::detail {

// A thing that becomes ready: a future, or a named object. Thread-safe.
class Readiness {
 public:
  Readiness() = default;
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  virtual ~Readiness() = default;

  // Whether only the broker knows.
  virtual bool asks_broker() const noexcept = 0;
  // Begins to wait and returns a state that becomes ready with the thing. at_once: only looks; the state becomes ready
  // in any case. Throws if the handle is closed.
  virtual Ref<State> begin(bool at_once) const = 0;
  // Whether the thing is ready, by the state of begin(), which is.
  // Throws if the broker cannot tell.
  virtual bool is_ready(State& begun) const = 0;
  // Ends a wait whose state is not ready: the broker forgets it.
  virtual void give_up(const Ref<State>& begun) const noexcept = 0;
};

// The readiness of a future: that of its state.
class ReadyState final : public Readiness {
 public:
  explicit ReadyState(Ref<State> state) : state_{std::move(state)} {}
  bool asks_broker() const noexcept override { return false; }
  Ref<State> begin(bool) const override { return state_; }
  bool is_ready(State&) const override { return true; }
  void give_up(const Ref<State>&) const noexcept override {}

 private:
  const Ref<State> state_;
};

}  // namespace forkmill::detail
