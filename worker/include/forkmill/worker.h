// Worker: takes tasks from a broker and runs them in a pool of pre-forked processes.
//
//     int main(int argc, char** argv) {
//       forkmill::Worker worker{argc, argv};
//       worker.on(kAdd, [](double a, double b) { return a + b; });
//       return worker.run();
//     }
//
// run() turns this process into the supervisor, which forks a link (the connection to the broker) and the children, and
// runs no task itself. Handlers run in the children, one at a time in each, on the child's main thread. Register
// handlers and load what all children need (on_start) before run(), and start no thread before it: fork() does not
// copy threads, but it copies the locks that they hold, which then stay locked. A handler may start threads, and joins
// them before it returns.
//
// A handler is a callable that takes the task's arguments, by value or const reference, with or without a `Context&`
// before them, and returns a value that converts to the task's result. Anything else does not compile. Context
// (context.h) has attempt(), progress(), stop_token(), fencing_token(), log() and more:
//
//     worker.on(kRender, [](forkmill::Context& context, const Scene& scene) {
//       for (int i = 0; i < scene.frames; ++i) {
//         if (context.stop_token().stop_requested()) throw std::runtime_error{"stopped"};
//         context.progress(double(i) / scene.frames);
//       }
//     });
//
// An exception of a handler, of any type, ends the attempt: the submitter gets a RemoteError with type, message, nested
// exceptions and backtrace, or the task is tried again (SubmitOptions::retry_errors). A handler asks for
// another attempt by `throw forkmill::Retry{"server is away", 30s};` (retry.h).
//
// State: each child has its own copy of the handlers and of all variables, and runs one handler at a time, so handlers
// use variables without locks. What they change stays for the next task of the same child and is unknown to the others.
// What children share goes through named objects (sync.h, manager.h) or the program's own database.
//
//     static std::optional<std::mt19937> dice;                              // each child has its own
//     worker.on_child_start([] { dice.emplace(std::random_device{}()); });
//     worker.on(kSquare, [](int n) { return n * n + int((*dice)() % 2); });
//
// Losses when a part of the worker dies:
//
//     a child          the attempt that it ran: tried again, or WorkerLost with signal, exit code and last output;
//                      another child takes its place
//     the link         all children are killed, and the pool starts again; the broker gives their tasks out again after
//                      its session timeout
//     the supervisor   everything ends with it; the broker gives the tasks to other workers
//     the connection   nothing: running tasks go on, and their results are kept until they can be sent
//
// A child has stdin from /dev/null; its stdout and stderr are passed on line by line. Each child is a session of its
// own (setsid), and what it leaves behind is killed when it ends. Every signal has its default action in a child, and
// none is blocked: install signal handlers in on_child_start(). FORKMILL_BROKER, and with a key
// FORKMILL_SERVER_PUBLIC_KEY and FORKMILL_KEY, are set in children, so that Client{} and default_client() reach this
// worker's broker.
//
// A child ends by _exit() after it has flushed stdout: exit handlers and static destructors do not run. A child that
// exits in a task, also by exit(0), counts as lost.
//
// Time limits belong to the submitter: SubmitOptions::timeout and soft_timeout. A handler learns of them, and of a
// cancel, by Context::stop_token(). One that ignores it is ended by signals (context.h has the times).
//
// Thread safety: none. Use a Worker in the main thread only, and only in the process that made it.
#pragma once

#include <forkmill/context.h>
#include <forkmill/detail/can_travel.h>
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

// Merger: a registered function together with its merge function, without their types.
class Merger {
 public:
  // Calls the function for each of the items and merges the results in their order.
  // Throws what Handler::run() throws, and what the merge function throws.
  virtual std::string run_merged(Context& context, ItemCursor& items) = 0;

 protected:
  ~Merger() = default;
};

// Handler: a registered function without its types: packed arguments in, packed result out. Owned by the registry of
// the worker; a child calls it for one task at a time.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;
  // Throws BadArguments if `arguments` are not the task's, and anything that the function throws.
  virtual std::string run(Context& context, std::string_view arguments) = 0;
  // The function with its merge function; null: it has none.
  virtual Merger* merger() { return nullptr; }
};

// Handler of Task<R(Args...)> by the callable F, which is called with a Context where it takes one.
template <class F, class R, class... Args>
class TypedHandler : public Handler {
 public:
  explicit TypedHandler(F function) : function_{std::move(function)} {}

  std::string run(Context& context, std::string_view arguments) override {
    if constexpr (std::is_void_v<R>) {
      result_of(context, arguments);
      return pack_nothing();
    } else {
      const R result = result_of(context, arguments);
      return pack_value(result);
    }
  }

 protected:
  R result_of(Context& context, std::string_view arguments) {
    auto values = arguments_of_call<Args...>(arguments);
    return std::apply([&](Args&... args) -> R { return call(context, args...); }, values);
  }

 private:
  R call(Context& context, Args&... args) {
    if constexpr (std::is_invocable_v<F&, Context&, Args&&...>)
      return static_cast<R>(std::invoke(function_, context, std::move(args)...));
    else
      return static_cast<R>(std::invoke(function_, std::move(args)...));
  }

  F function_;
};

// The same with a function that merges two results.
template <class F, class Merge, class R, class... Args>
class MergingHandler final : public TypedHandler<F, R, Args...>, public Merger {
 public:
  MergingHandler(F function, Merge merge)
      : TypedHandler<F, R, Args...>{std::move(function)}, merge_{std::move(merge)} {}

  Merger* merger() override { return this; }
  std::string run_merged(Context& context, ItemCursor& items) override {
    R all = this->result_of(context, items.item());
    while (items.next()) std::invoke(merge_, all, this->result_of(context, items.item()));
    return pack_value(all);
  }

 private:
  Merge merge_;
};

}  // namespace detail

class Worker {
 public:
  // Reads the options from, in rising order of precedence: defaults, a TOML file (--config FILE or FORKMILL_CONFIG),
  // FORKMILL_* in the environment, flags. Made for main(): --help and --version print and exit with 0; a wrong option
  // is explained on stderr, with its place and the values allowed, and exits with 2. argv is not changed; positional
  // arguments are wrong options. Flags have the names of WorkerOptions with - for _: --broker, --processes, --queues,
  // --drain-timeout and so on.
  Worker(int argc, char** argv);
  // Takes the options as they are.
  // Throws std::invalid_argument for one out of its range.
  //
  //     forkmill::WorkerOptions options;
  //     options.processes = 2;
  //     options.queues = {"text", "default"};
  //     forkmill::Worker embedded{options};
  explicit Worker(WorkerOptions options);
  // Outside run() there are no processes, so there is nothing to stop. Prints a warning to stderr if handlers were
  // registered and run() was never called.
  ~Worker();
  // Movable before run(). A moved-from Worker can be assigned or destroyed; every other member throws
  // std::logic_error.
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;

  // Registers the handler of a task and returns *this. The handler is moved into the worker and copied into each child
  // by fork(): what it changes in one child, the others do not see. It may be move-only. Call before run(); a later
  // call has no effect on the pool.
  //
  // A result over 64 MiB ends the task with Errc::result_too_large.
  // Throws std::invalid_argument if the task's name is not allowed or has a handler, if its signature is longer than
  // 4,096 characters, or for the 4,097th task.
  //
  //     worker.on(kGreet, [](const std::string& name) { return "Hello, " + name; })
  //         .on(kSquare, [](forkmill::Context& context, int n) { return n * n * int(context.attempt()); });
  template <class R, class... Args, class F>
  Worker& on(const Task<R(Args...)>& task, F handler) {
    if constexpr (fits<F, R, std::decay_t<Args>...>()) {
      add(task.name(), task.signature(), task.hash(),
          std::make_unique<detail::TypedHandler<F, R, std::decay_t<Args>...>>(std::move(handler)));
    }
    return *this;
  }
  // The same, with a function that merges two results, for Pool::map_reduce(): merge(R& into, R&& from) adds `from` to
  // `into`. It must be associative.
  //
  //     const auto keep_larger = [](int& into, int from) { into = std::max(into, from); };
  //     worker.on(kSquare, [](int n) { return n * n; }, keep_larger);
  template <class R, class... Args, class F, MergeOf<R> Merge>
  Worker& on(const Task<R(Args...)>& task, F handler, Merge merge) {
    if constexpr (fits<F, R, std::decay_t<Args>...>()) {
      add(task.name(), task.signature(), task.hash(),
          std::make_unique<detail::MergingHandler<F, Merge, R, std::decay_t<Args>...>>(std::move(handler),
                                                                                       std::move(merge)));
    }
    return *this;
  }

  // Adds a function that run() calls once, in the supervisor, before anything is forked, and returns *this. All
  // children share what it loads until they write to it (copy-on-write). Several are called in the order in which they
  // were added. It must leave no thread behind. If it throws, run() prints the error to stderr and returns 1
  // without forking.
  //
  //     static std::vector<double> table;
  //     worker.on_start([] { table.assign(1'000'000, 1.0); });         // one copy for all children
  Worker& on_start(std::function<void()> load);

  // Adds a function that each child calls before its first task, and returns *this: for connections, generators and
  // other things that processes cannot share (the head of this file has an example). Children that are forked for a
  // forkmill::Process call it too. If it throws, the child ends and another one is started after a pause that grows
  // from 0.1 s to 30 s.
  //
  //     worker.on_child_start([] { std::srand(std::random_device{}()); });       // other numbers in each child
  Worker& on_child_start(std::function<void()> prepare);

  // Runs the pool until SIGTERM or SIGINT; blocks until everything has ended. Serves the handlers of on() and those
  // that forkmill::Registered and register_process() have registered.
  //
  // The first signal drains: no new task is taken, tasks that have not started go back to the broker, running ones may
  // finish within drain_timeout, then they are asked to stop, and at last killed. A second signal stops at once:
  // running tasks are killed and reported as lost. SIGHUP looks for WorkerOptions::log_file at its path.
  //
  // Returns 0 after a drain; 1 if the pool could not start, was refused by the broker or was stopped at once, or if the
  // drain did not end in time; 2 if there is no handler.
  // Throws std::logic_error if run() was called before, std::invalid_argument if a Registered function has the name of
  // a task of on().
  //
  // No member ends it from within: a program that embeds a worker sends its process SIGTERM. `forkmill worker restart`
  // drains the pool and then executes the program again with the same arguments, so that run() does not return.
  //
  // When run() returns, it has killed all child processes, also those that your program forked, ignores SIGPIPE, and
  // has blocked SIGTERM, SIGINT, SIGHUP and SIGCHLD.
  int run();

  // The options as given or read. From run() on, `processes` is the number of children, or the most
  // of them if the pool follows its load.
  const WorkerOptions& options() const;

 private:
  // Whether F can be the handler of a task. Does not compile if it cannot.
  template <class F, class R, class... Args>
  static consteval bool fits() {
    constexpr bool kFits = std::is_invocable_r_v<R, F&, Args&&...> || std::is_invocable_r_v<R, F&, Context&, Args&&...>;
    static_assert(kFits,
                  "forkmill: the handler must take the task's arguments (by value or const reference), optionally with "
                  "a forkmill::Context& before them, and return something that converts to the task's result");
    constexpr bool kPacks = CanTravel<R> && (CanTravel<Args> && ...);
    static_assert(kPacks, "forkmill: an argument or result of the task cannot travel; give its struct MSGPACK_DEFINE");
    return kFits && kPacks;
  }

  void add(std::string_view name, const std::string& signature, std::uint64_t hash,
           std::unique_ptr<detail::Handler> handler);

  void add_registered();  // the functions of registered.h

  struct State;
  State& own_state() const;  // throws std::logic_error if moved from
  std::unique_ptr<State> state_;
};

}  // namespace forkmill
