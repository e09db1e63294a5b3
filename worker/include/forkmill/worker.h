// Worker: a pool of pre-forked processes that run the tasks you register.
//
//     int main(int argc, char** argv) {
//       forkmill::Worker worker{argc, argv};
//       worker.on(kAdd, [](double a, double b) { return a + b; });
//       return worker.run();
//     }
//
// run() forks: this process becomes the supervisor, which runs no task itself. Register handlers and load what all of
// them need (on_start) before; start no thread before run(). Handlers run in the children, one at a time in each, on
// the child's main thread. A child that crashes, exits or is killed costs the attempt it ran, nothing else, and is
// replaced.
//
// A handler is any callable that takes the task's arguments, with or without a `Context&` before them, and returns
// something that converts to the task's result; anything else does not compile. What it throws ends the attempt with an
// error that names type and message; `forkmill::Retry` asks for another attempt.
//
// Thread safety: none; use a Worker from the main thread.
#pragma once

#include <forkmill/context.h>
#include <forkmill/registered.h>
#include <forkmill/retry.h>
#include <forkmill/serialize.h>
#include <forkmill/task.h>
#include <forkmill/worker_options.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace forkmill {

namespace detail {

// A registered handler without its types: bytes in, bytes out.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;
  // Throws BadArguments when `arguments` are not the task's, and whatever the function throws.
  virtual std::string run(Context& context, std::string_view arguments) = 0;
};

template <class F, class R, class... Args>
class TypedHandler final : public Handler {
 public:
  explicit TypedHandler(F function) : function_{std::move(function)} {}

  std::string run(Context& context, std::string_view arguments) override {
    auto values = arguments_of_call<Args...>(arguments);
    return std::apply([&](Args&... args) { return call(context, args...); }, values);
  }

 private:
  template <class... Given>
  std::string finish(Given&&... given) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(function_, std::forward<Given>(given)...);
      return pack_nothing();
    } else {
      const R result = std::invoke(function_, std::forward<Given>(given)...);
      return pack_value(result);
    }
  }
  std::string call(Context& context, Args&... args) {
    if constexpr (std::is_invocable_v<F&, Context&, Args&&...>)
      return finish(context, std::move(args)...);
    else
      return finish(std::move(args)...);
  }

  F function_;
};

}  // namespace detail

class Worker {
 public:
  // Takes its options from, in rising order of precedence: defaults, a TOML file (--config FILE or FORKMILL_CONFIG),
  // FORKMILL_* in the environment, flags. For a program's main(): --help prints and exits with 0; a wrong option says
  // on stderr what is wrong, where, and what would be right, and exits with 2.
  Worker(int argc, char** argv);
  // Throws std::invalid_argument for an option out of its range.
  explicit Worker(WorkerOptions options);
  ~Worker();
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;

  // Registers the handler of a task. Throws std::invalid_argument for a task name that is not allowed or registered
  // already.
  template <class R, class... Args, class F>
  Worker& on(const Task<R(Args...)>& task, F handler) {
    constexpr bool kPlain = std::is_invocable_r_v<R, F&, std::decay_t<Args>&&...>;
    constexpr bool kWithContext = std::is_invocable_r_v<R, F&, Context&, std::decay_t<Args>&&...>;
    static_assert(kPlain || kWithContext,
                  "the handler must take the task's arguments (by value or const reference), optionally with a "
                  "forkmill::Context& before them, and return something that converts to the task's result");
    if constexpr (kPlain || kWithContext) {
      add(task.name(), task.signature(), task.hash(),
          std::make_unique<detail::TypedHandler<F, R, std::decay_t<Args>...>>(std::move(handler)));
    }
    return *this;
  }

  // Runs `load` once, in the supervisor, before anything is forked: what it loads, all children share until they write
  // to it (copy-on-write). Several run in the order given. It must leave no thread behind. One that throws makes run()
  // say so and return 1 without forking.
  Worker& on_start(std::function<void()> load);

  // Runs `prepare` in each child before its first task: connections, generators, whatever processes cannot share. A
  // child whose `prepare` throws dies at birth and is tried again after a while.
  Worker& on_child_start(std::function<void()> prepare);

  // Runs the pool until SIGTERM or SIGINT. The first drains: no new task is taken, what has not started is handed back,
  // what runs may finish within drain_timeout, then is asked to stop and at last killed. A second one stops at once.
  // Returns 0 after a drain, 1 when the pool could not start or was stopped at once, 2 without handlers.
  // Call it once.
  int run();

  const WorkerOptions& options() const;

 private:
  void add(std::string_view name, const std::string& signature, std::uint64_t hash,
           std::unique_ptr<detail::Handler> handler);

  void add_registered();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace forkmill
