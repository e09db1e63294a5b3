// Process: a task that runs in a process of its own, forked for it alone on whichever machine a worker has room for it,
// and ended with it. For those who know multiprocessing.Process:
//
//     forkmill::Process process{kResize, path, 800};             // kResize is a Task<void(std::string, int)>
//     process.start();
//     process.join();
//     if (process.exitcode() != 0) std::cerr << process.error_text();
//
// or as a class, whose state travels with it:
//
//     class Resize : public forkmill::Process {
//      public:
//       void run() override { … }                               // in the new process
//       std::string path;
//       int width = 0;
//       MSGPACK_DEFINE(path, width)                              // what travels; without it nothing does
//     };
//     forkmill::register_process<Resize>("resize");             // in the worker's program and in this one
//
//     created ── start() ──▶ ready ── forked ──▶ running ◀──▶ waiting ──▶ terminated
//
// exitcode(): empty until it has ended; 0; 1 for an exception, which get() throws here; n for exit(n); −signal when one
// killed it; kUnknownExit when nobody can tell (its worker went away, or it never started).
//
// Daemons end when this program does, also by kill -9: their broker sees to that. They may not have children. Whoever
// does not say has the daemon flag of the process that it is in. At the normal end of a program, or of a process, those
// that are no daemons are joined first: a program whose processes nobody runs does not end. Destroying a Process object
// does nothing to the process.
//
// A Process is a handle: copies are the same process. Thread-safe, but for set_name() and set_daemon(). It may outlive
// its client; closing that one ends what is outstanding here with Disconnected, and daemons there.
//
// Errors: Error{bad_request} for what makes no sense (start() twice, join() before start(), close() while it is alive,
// a daemon that starts something), Error{object_closed} for everything after close(), and what Client::submit() throws.
#pragma once

#include <forkmill/client.h>
#include <forkmill/registered.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace forkmill {

struct ProcessOptions {
  std::string name{};            // for people, 128 bytes at most, without control characters; "Process-N" unless given
  std::optional<bool> daemon{};  // as the process that makes it, unless given
  std::string queue = "default";
  int priority = 0;
  std::chrono::milliseconds soft_timeout{0};  // as in SubmitOptions, from the start of the process
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds expires{0};
};

enum class ProcessState : std::uint8_t {
  created,     // start() has not been called
  ready,       // waits for a worker to fork it
  running,     // forked
  waiting,     // forked, and waits for a named object: a lock, a queue, …
  terminated,  // ended, however
};
std::string_view to_string(ProcessState state);

class Process {
 public:
  static constexpr int kUnknownExit = 255;

  template <class R, class... P, class... A>
  explicit Process(const Task<R(P...)>& task, A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...>
      : Process{ProcessOptions{}, task, std::forward<A>(arguments)...} {}
  template <class R, class... P, class... A>
  Process(ProcessOptions options, const Task<R(P...)>& task, A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...>
      : Process{nullptr, std::move(options), task.name(), task.hash(),
                detail::pack_arguments<std::decay_t<P>...>(arguments...)} {}
  template <class R, class... P, class... A>
  Process(Client& client, ProcessOptions options, const Task<R(P...)>& task,
          A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...>
      : Process{&client, std::move(options), task.name(), task.hash(),
                detail::pack_arguments<std::decay_t<P>...>(arguments...)} {}

  // A task known only by name: `payload` is a msgpack array of its arguments; its signature is not checked.
  static Process of(std::string_view task, std::string_view payload, ProcessOptions options = {}) {
    return Process{nullptr, std::move(options), task, 0, payload};
  }
  static Process of(Client& client, std::string_view task, std::string_view payload, ProcessOptions options = {}) {
    return Process{&client, std::move(options), task, 0, payload};
  }

  Process(const Process&) = default;
  Process(Process&&) = default;
  Process& operator=(const Process&) = default;
  Process& operator=(Process&&) = default;
  virtual ~Process() = default;

  // What a class derived from this one does in the new process.
  virtual void run();

  void start();
  void join();
  // Whether it has ended. Zero and less: looks, and does not wait.
  bool join(std::chrono::milliseconds how_long);

  bool is_alive() const;
  void terminate();         // SIGTERM; before it was forked: it never is
  void kill();              // SIGKILL
  void signal(int number);  // any other
  std::optional<int> exitcode() const;
  // Waits for its end, and throws what ended it: RemoteError, WorkerLost, Cancelled, Timeout …
  void get();
  // Null while it runs, and when it ended well.
  std::exception_ptr error() const;
  std::string error_text() const;  // its what(), or empty

  // Both wait until it has been forked; empty before start(), and when it ended without ever having been.
  std::optional<std::uint32_t> pid() const;
  std::optional<std::string> host() const;
  std::uint32_t ppid() const;  // the program that made it
  TaskId id() const;           // of its task; nil before start()

  std::string name() const;
  void set_name(std::string name);  // before start()
  bool daemon() const;
  void set_daemon(bool daemon);  // before start()
  ProcessState state() const;    // while it runs, its broker is asked

  // Becomes ready when it ends.
  SharedFuture<RawResult> sentinel() const;
  // Runs `what` when it has ended, on the client's executor.
  void on_exit(std::function<void()> what);

  // Gives up what is known of it.
  void close();

  struct State;  // process_state.h

 protected:
  // For derived classes.
  Process() : Process{ProcessOptions{}} {}
  explicit Process(ProcessOptions options) : Process{nullptr, std::move(options), {}, 0, {}} {}
  Process(Client& client, ProcessOptions options) : Process{&client, std::move(options), {}, 0, {}} {}

 private:
  template <class T>
  friend void register_process(const std::string& name);
  friend std::vector<Process> active_children();

  explicit Process(std::shared_ptr<State> state) : state_{std::move(state)} {}
  Process(Client* client, ProcessOptions options, std::string_view task, std::uint64_t signature,
          std::string_view payload);
  void submit(State& state);
  void be_current();  // in the new process: takes its name and flag
  State& open() const;
  State& started(const char* what) const;

  std::shared_ptr<State> state_;
};

// Those that this program has started and that have not ended. Forgets those that have.
std::vector<Process> active_children();

// The process that asks.
struct CurrentProcess {
  std::string name;  // "MainProcess" in a program that nobody started as a Process
  std::uint32_t pid = 0;
  std::uint32_t ppid = 0;  // of a Process: the program that made it, maybe on another machine
  bool daemon = false;
  std::string host;
};
CurrentProcess current_process();

// CPUs that this process may use.
unsigned cpu_count();

namespace detail {

using ProcessPacker = std::string (*)(const Process&);
void register_process_class(const std::type_info& type, const std::string& name, ProcessPacker pack);

template <class T>
concept HasState = requires(T& object, const msgpack::object& packed) {
  object.msgpack_unpack(packed);
};

template <class T>
std::string pack_process(const Process& process) {
  if constexpr (HasState<T>)
    return pack_arguments<T>(static_cast<const T&>(process));
  else
    return pack_arguments<>();
}

template <class T>
void unpack_process([[maybe_unused]] T& process, [[maybe_unused]] std::string_view payload) {
  if constexpr (HasState<T>) {
    const auto handle = unpack_bounded(payload);
    const auto& arguments = handle.get();
    if (arguments.type != msgpack::type::ARRAY || arguments.via.array.size != 1)
      throw DecodeError{"these are not the arguments of a process"};
    try {
      arguments.via.array.ptr[0].convert(process);
    } catch (const msgpack::type_error&) {
      throw DecodeError{"the state of the process does not have the expected type"};
    }
  }
}

}  // namespace detail

// Makes a class known under a name, at the beginning of main(): programs whose worker is to run it, and those that
// start it. It must be default constructible. Throws std::invalid_argument for a name that is taken.
template <class T>
void register_process(const std::string& name) {
  static_assert(std::is_base_of_v<Process, T> && std::is_default_constructible_v<T>);
  detail::register_process_class(typeid(T), name, detail::pack_process<T>);
  detail::register_function({name, "process()", [](std::string_view payload) {
                               T process;
                               detail::unpack_process(process, payload);
                               static_cast<Process&>(process).be_current();
                               process.run();
                               return pack_nothing();
                             }});
}

// The same at namespace scope: const forkmill::RegisteredProcess<Resize> kResizeHere{"resize"};
template <class T>
class RegisteredProcess {
 public:
  explicit RegisteredProcess(const std::string& name) { register_process<T>(name); }
};

}  // namespace forkmill
