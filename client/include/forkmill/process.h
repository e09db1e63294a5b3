// Process: a task that runs in a process of its own, forked for it alone on any machine whose worker has room for it,
// and ended with it. The counterpart of Python's multiprocessing.Process.
//
//     forkmill::Process process{kResize, path, 800};             // kResize is a Task<void(std::string, int)>
//     process.start();
//     process.join();
//     if (process.exitcode() != 0) std::cerr << process.error_text();
//
// Or as a class, whose members travel with it:
//
//     class Resize : public forkmill::Process {
//      public:
//       void run() override { std::cout << path << width; }      // called in the new process
//       std::string path;
//       int width = 0;
//       MSGPACK_DEFINE(path, width)                              // the members that travel; without it none do
//     };
//     const forkmill::RegisteredProcess<Resize> kResizeHere{"resize"};   // in the worker's program and in this one
//
// The life of a process, as state() tells it:
//
//     created ── start() ──▶ ready ── forked ──▶ running ◀──▶ waiting ──▶ terminated
//
// exitcode() after the end:
//
//     0              the function returned, or called exit(0)
//     1              the function threw; get() throws it here as RemoteError
//     n              the function called exit(n)
//     -signal        a signal killed the process, or a time limit ended it (-SIGTERM)
//     kUnknownExit   nothing is known: the worker was lost, or the process never started
//
// A process runs once: it is never tried again. Its start waits until a worker of its queue has room
// (WorkerOptions::max_processes); without such a worker it waits forever, unless `expires` is set.
//
// The exception of a function that threw is printed by the process on the worker's stderr, which is this program's with
// local://, with its type, text and backtrace.
//
// Objects without a name among the arguments (Queue, Lock …) live at least until the process has ended.
//
// Daemons end when this program ends, also by SIGKILL: the broker sees to that. A daemon may not have children. The
// functions of a Pool may start daemons, and nothing else: these end with the pool's process that started them. A
// process for which the flag is not given inherits it from the process that makes it. At the normal end of a program
// (return from main, exit()) and of a process, its children that are no daemons are joined first, without a time limit.
// Destroying a Process object does nothing to the process.
//
// A Process is a handle: copies are the same process, and close() closes all of them. Threads: every member may be
// called from any thread, except that set_name() and set_daemon() must not run beside other calls. A handle may outlive
// its client; closing the client ends what is outstanding here with Disconnected, and daemons there. fork(): the
// children of a program are not those of its forked child, which must not use the handles.
//
// Errors. Error{bad_request}: a call that makes no sense, as start() twice, join() before start(), close() while the
// process runs, start() in a daemon. Error{object_closed}: any call but close() after close().
#pragma once

#include <forkmill/client.h>
#include <forkmill/detail/arguments_of.h>
#include <forkmill/detail/moved_from.h>
#include <forkmill/detail/object.h>
#include <forkmill/detail/readiness.h>
#include <forkmill/detail/span.h>
#include <forkmill/registered.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace forkmill {

// Options of a Process, by designated initializers in the order of declaration. Plain values. start() checks all but
// the name.
struct ProcessOptions {
  // Name for people, in `forkmill ps` and in errors: 128 bytes at most, without control characters. Empty: "Process-N".
  std::string name{};
  // Whether the process ends with this program. Empty: as the process that makes it.
  std::optional<bool> daemon{};
  // Name of the queue whose workers may fork the process. At most 120 characters.
  std::string queue = "default";
  // Order among the processes that wait in the queue: -100 to 100, higher first.
  int priority = 0;
  // Time from the start of the function until its stop token is set (Context::stop_token). Zero: never.
  std::chrono::milliseconds soft_timeout{0};
  // Time from the start of the function until the process is ended by SIGTERM, and then SIGKILL. Zero: never.
  std::chrono::milliseconds timeout{0};
  // Time from start() within which the process must have been forked; else it ends with Expired. Zero: no limit.
  std::chrono::milliseconds expires{0};
};

// State of a process as its starter knows it.
enum class ProcessState : std::uint8_t {
  created,     // start() has not been called
  ready,       // waits for a worker to fork it
  running,     // forked
  waiting,     // forked, and waits for a named object: a lock, a queue …
  terminated,  // ended, in any way
};
// The name of the enumerator: "running".
std::string_view to_string(ProcessState state);

namespace detail {

// Whether a T is a handle of an object, or a container of such.
template <class T>
inline constexpr bool kHasHandles = std::is_base_of_v<Handle, T>;
template <class T, class A>
inline constexpr bool kHasHandles<std::vector<T, A>> = kHasHandles<T>;
template <class T>
inline constexpr bool kHasHandles<std::optional<T>> = kHasHandles<T>;
template <class A, class B>
inline constexpr bool kHasHandles<std::pair<A, B>> = kHasHandles<A> || kHasHandles<B>;
template <class... T>
inline constexpr bool kHasHandles<std::tuple<T...>> = (kHasHandles<T> || ...);

}  // namespace detail

// A handle of one process. The head of this file says what holds for all members.
class Process {
 public:
  // Exit code of a process of whose end nothing is known.
  static constexpr int kUnknownExit = 255;

  // Makes a process that will call the task's function with these arguments, which are packed here. Nothing is sent
  // before start(). Without a client: at default_client(), which start() makes if need be.
  // Never blocks.
  // Throws Error{option_out_of_range or name_invalid} for the name, and what the packing of an argument throws.
  //
  //     forkmill::Process small{{.name = "thumbnail", .daemon = true}, kResize, path, 80};
  //
  // Python: mp.Process(target=f, args=(…), name=…, daemon=…)
  template <class R, class... P, class... A>
  explicit Process(const Task<R(P...)>& task, A&&... arguments)
      : Process{ProcessOptions{}, task, std::forward<A>(arguments)...} {}
  template <class R, class... P, class... A>
  Process(ProcessOptions options, const Task<R(P...)>& task, A&&... arguments)
      : Process{nullptr, std::move(options), task.name(), task.hash(),
                detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...)} {
    keep_objects<std::decay_t<P>...>(arguments...);
  }
  template <class R, class... P, class... A>
  Process(Client& client, ProcessOptions options, const Task<R(P...)>& task, A&&... arguments)
      : Process{&client, std::move(options), task.name(), task.hash(),
                detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...)} {
    keep_objects<std::decay_t<P>...>(arguments...);
  }

  // Makes a process for a task that is known by name only. payload: a msgpack array of the arguments, not checked here
  // and not compared with the worker's signature.
  //
  //     auto process = forkmill::Process::of("image.resize", forkmill::pack_value(std::make_tuple(path, 800)));
  //     process.start();
  static Process of(std::string_view task, std::string_view payload, ProcessOptions options = {}) {
    return Process{nullptr, std::move(options), task, 0, payload};
  }
  static Process of(Client& client, std::string_view task, std::string_view payload, ProcessOptions options = {}) {
    return Process{&client, std::move(options), task, 0, payload};
  }

  // Copies are the same process. A moved-from handle can be assigned or destroyed; every other member throws
  // std::logic_error.
  Process(const Process&) = default;
  Process(Process&&) = default;
  Process& operator=(const Process&) = default;
  Process& operator=(Process&&) = default;
  virtual ~Process() = default;

  // The function of a class derived from Process, called in the new process on an object that was made by the default
  // constructor and has the members that travelled. What it throws ends the process with exit code 1. The base class
  // throws Error{bad_request}.
  // Python: def run(self)
  virtual void run();

  // Starts the process: hands its task to the broker and returns, without waiting for the fork. The members of a
  // derived class travel as they are now.
  // Throws Error{bad_request} if started before, in a daemon, or for a class that is not registered;
  // Error{option_out_of_range or name_invalid} for the options; and what Client::submit() and default_client() throw.
  // The process is not started then.
  // Python: p.start()
  void start();
  // Blocks until the process has ended; at once if it has. The second form waits how_long at most, and returns whether
  // it has ended; zero or less only looks. Neither throws for a process that failed: see exitcode() and get().
  // Throws Error{bad_request} before start().
  // Python: p.join(), p.join(timeout)
  void join();
  template <class Rep, class Period>
  bool join(std::chrono::duration<Rep, Period> how_long) {
    return join_for(detail::saturated<std::chrono::nanoseconds>(how_long));
  }

  // Whether the process was started and has not ended. True also while it waits to be forked.
  // Never blocks.
  // Python: p.is_alive()
  bool is_alive() const;
  // Send SIGTERM, SIGKILL or any signal to the process, and to none that it started.
  // Never block: the broker delivers the signal, once. A process that has not been forked never will be; it ends with
  // Cancelled. Nothing happens after the end.
  // Throw Error{bad_request} before start(), or if there is no such signal.
  //
  //     forkmill::Process process{kResize, path, 800};
  //     process.start();
  //     if (!process.join(5s)) process.terminate();
  //     if (!process.join(5s)) process.kill();
  //
  // Python: p.terminate(), p.kill(), os.kill(p.pid, number)
  void terminate();
  void kill();
  void signal(int number);
  // How the process ended (see above); empty before its end.
  // Never blocks.
  // Python: p.exitcode
  std::optional<int> exitcode() const;
  // Blocks until the process has ended, and throws the error that ended it: RemoteError (the function threw),
  // WorkerLost (a signal or exit(n), n not 0; the worker was lost), Cancelled, Timeout, Expired, Rejected,
  // Disconnected. Returns if it ended well.
  // Throws Error{bad_request} before start().
  //
  //     try {
  //       forkmill::Process process{kResize, path, 800};
  //       process.start();
  //       process.get();
  //     } catch (const forkmill::WorkerLost& lost) {
  //       std::cerr << "signal " << lost.signal() << "; " << lost.output();
  //     }
  void get();
  // The error that ended the process; null before its end and when it ended well.
  // Never blocks.
  std::exception_ptr error() const;
  // The text of that error; empty if there is none.
  // Never blocks.
  std::string error_text() const;

  // Process id and name of the machine.
  // Block until the process has been forked, or has ended without it, however long that takes. Empty before start(),
  // and if it was never forked.
  // Python: p.pid
  std::optional<std::uint32_t> pid() const;
  std::optional<std::string> host() const;
  // Process id of the program that made this handle.
  std::uint32_t ppid() const;
  // Id of the task behind the process; nil before start().
  TaskId id() const;

  // The name, as given or "Process-N".
  // Python: p.name
  std::string name() const;
  // Changes the name.
  // Throws Error{bad_request} after start(), and as the constructor does.
  void set_name(std::string name);
  // Whether it is a daemon.
  // Python: p.daemon
  bool daemon() const;
  // Makes it a daemon or not.
  // Throws Error{bad_request} after start().
  void set_daemon(bool daemon);
  // The state. For a process that has been forked and has not ended, asks the broker and blocks until it answers,
  // however long it is away. Never throws for a process that failed.
  ProcessState state() const;

  // A future that is ready when the process has ended: with the packed result of its function, or with the error of
  // get(). For then() and co_await. Ends of pipes in the result are closed (pipe.h).
  // Throws Error{bad_request} before start().
  //
  //     forkmill::Process process{kResize, path, 800};
  //     process.start();
  //     process.sentinel().then([](const forkmill::RawResult&) { std::cout << "resized"; });
  //
  // Python: p.sentinel
  SharedFuture<RawResult> sentinel() const;
  // For wait() of wait_ready.h: ready as the sentinel.
  std::shared_ptr<detail::Readiness> readiness() const {
    return std::make_shared<detail::ReadyState>(detail::Ref<detail::State>{&sentinel().raw_state()});
  }
  // Calls `what` when the process has ended, well or not, on the client's executor; soon if it has. Its exceptions are
  // logged. Dropped when the client is closed.
  // Throws Error{bad_request} before start().
  void on_exit(std::function<void()> what);

  // Gives up the process: every later call on this handle and its copies but close() throws Error{object_closed}.
  // Throws Error{bad_request} while the process runs or waits to run. May be repeated.
  // Python: p.close()
  void close();

  // The process behind the handles. For the library.
  struct State;

 protected:
  // Constructors of derived classes: options and client as above. start() sends the class's registered name.
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
  // Keeps handles of objects among the arguments as long as the process: an object without a name goes with them.
  template <class... P, class... A>
  void keep_objects(const A&... arguments) {
    if constexpr (sizeof...(P) == sizeof...(A)) (keep_object<P>(arguments), ...);
  }
  template <class P, class A>
  void keep_object([[maybe_unused]] const A& argument) {
    if constexpr (detail::kHasHandles<P> && std::is_convertible_v<const A&, P>)
      keep(std::make_shared<const P>(argument));
  }
  void keep(std::shared_ptr<const void> objects);
  bool join_for(std::chrono::nanoseconds how_long);
  void submit(State& state);
  void be_current();                       // in the new process: takes its name and flag
  State& open() const;                     // throws Error{object_closed}
  State& started(const char* what) const;  // throws Error{bad_request} that names the call

  std::shared_ptr<State> state_;
};

// Processes that this program has started and that have not ended, in the order of their start, as new handles.
// Never blocks. Python's multiprocessing.active_children().
//
//     for (auto& child : forkmill::active_children()) std::cout << child.name() << " still runs";
std::vector<Process> active_children();

// The process that calls current_process().
struct CurrentProcess {
  // Name of the Process that it runs as; "PoolWorker-PID" in a child of a worker's or Pool's processes, "MainProcess"
  // in any other program.
  std::string name;
  // Process id.
  std::uint32_t pid = 0;
  // Process id of the parent; for a Process and the processes of a Pool, of the program that made it, maybe on another
  // machine.
  std::uint32_t ppid = 0;
  // Whether it is a daemon.
  bool daemon = false;
  // Name of the machine.
  std::string host;
};
// Describes this process.
// Never blocks.
// Python: mp.current_process(), os.getpid(), os.getppid()
CurrentProcess current_process();

// The program that started this process, as a Process, a process of a Pool or of a ProcessPoolExecutor.
struct ParentProcess {
  // Its process id, on its own machine.
  std::uint32_t pid = 0;
  // Whether a process of this id runs on this machine: of use when the parent is here, as with local://.
  bool is_alive() const;
};
// Describes the parent; empty in a program that forkmill has not started.
// Never blocks.
// Python: mp.parent_process()
std::optional<ParentProcess> parent_process();

// Number of CPUs that this process may use: those of its affinity mask, but no more than the CPU quota of its control
// groups (of a container) allows, rounded up. At least 1.
// Python: mp.cpu_count()
unsigned cpu_count();

namespace detail {

// Packs the members of a derived class that travel.
using ProcessPacker = std::string (*)(const Process&);
// Makes start() know the class. The last registration of a class counts.
void register_process_class(const std::type_info& type, const std::string& name, ProcessPacker pack);

// Classes with MSGPACK_DEFINE.
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

// Gives a fresh object the members that travelled.
// Throws DecodeError.
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

// Makes a class derived from Process known under a name, as a task of that name: in programs whose worker is to run it
// and in those that start it, at the beginning of main(), before there are threads. T must be default constructible.
// Throws std::invalid_argument if the name is registered already.
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

// register_process() as an object, for namespace scope. The registration stays when the object goes.
template <class T>
class RegisteredProcess {
 public:
  // Registers T under the name.
  explicit RegisteredProcess(const std::string& name) { register_process<T>(name); }
};

}  // namespace forkmill
