// ProcessPoolExecutor: processes of its own whose results are futures. The counterpart of Python's
// concurrent.futures.ProcessPoolExecutor.
//
//     forkmill::ProcessPoolExecutor executor{{.max_workers = 4}};
//     forkmill::Future<int> square = executor.submit(kSquare, 7);
//     square.then([](int n) { std::cout << n << "\n"; });
//     for (int n : executor.map(kSquare, std::views::iota(0, 100))) std::cout << n << "\n";
//                                                       // the end of the scope waits for everything
//
// A Pool (pool.h) gives AsyncResults and collects items in chunks; an executor gives a Future for each call, with
// then(), when_all(), as_completed() and cancel() as those of Client::submit(). What pool.h says of processes, of
// functions and of `local://` holds here as well.
//
// Tasks start in the order of submit(). About two for each process are at the broker; the others wait in this program,
// where Future::cancel() and shutdown() take them back for certain. A task is never tried again.
//
// Errors. submit() and map() throw Error{object_closed} after shutdown(). A future ends with RemoteError if the
// function threw, WorkerLost if its process was killed or exited (another process takes its place), Cancelled, the
// error of the initializer if that threw, and Disconnected if the client was closed.
//
// Threads: every member may be called from any thread, except the destructor, which must be the last call. The client
// must outlive the executor. A future may outlive both. Do not fork() while an executor is in use.
#pragma once

#include <forkmill/client.h>
#include <forkmill/detail/decode.h>
#include <forkmill/pool.h>

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

// Options of a ProcessPoolExecutor, by designated initializers. Plain values.
struct ExecutorOptions {
  // Number of processes, 1 to 4096. Empty: one for each CPU that the processes' machine may use.
  Count max_workers{};
  // Called in each process before its first task, also in those that replace others.
  PoolInitializer initializer{};
  // Tasks after which a process is replaced by a fresh one, at least 1. Empty: never.
  Count max_tasks_per_child{};
  // Name for people, in `forkmill ps` and in errors. Empty: "Executor-N".
  std::string name{};
  // Name of a queue: a worker that serves it hosts the processes.
  std::string queue = "default";
};

namespace detail {

// Cancels a call of an executor. Returns the state of its task, if that is at the broker and can be cancelled there;
// else null, and what came of the cancel.
using CancelCall = std::function<std::pair<Ref<State>, CancelState>()>;

// ExecutorState<T>: the state of a future of an executor. It ends as its task does, or with an error of the executor.
template <class T>
class ExecutorState final : public LocalState<T> {
 public:
  explicit ExecutorState(Ref<Origin> origin) : LocalState<T>{std::move(origin), TaskId{}} {}
  // Before any other thread has the state.
  void set_cancel(CancelCall cancel) { cancel_ = std::move(cancel); }

 protected:
  void cancel_or_pass_on(typename LocalState<T>::States& others, typename LocalState<T>::States& answers) override {
    auto [task, answer] = cancel_();
    if (task) return others.push_back(std::move(task));
    auto told = make_ref<LocalState<CancelState>>(Ref<Origin>{}, TaskId{});
    told->succeed(answer);
    answers.push_back(std::move(told));
  }

 private:
  CancelCall cancel_;
};

// ExecutorPromise: an ExecutorState without its type.
struct ExecutorPromise {
  Ref<ChainedState> state;
  RemoteState::Decoder decode = nullptr;
  void (*set_cancel)(ChainedState&, CancelCall) = nullptr;
};

template <class T>
ExecutorPromise executor_promise(const Ref<ExecutorState<T>>& state) {
  return {.state = state, .decode = &decode_into<T>, .set_cancel = [](ChainedState& one, CancelCall cancel) {
            static_cast<ExecutorState<T>&>(one).set_cancel(std::move(cancel));
          }};
}

}  // namespace detail

// The head of this file says what holds for all members.
class ProcessPoolExecutor {
 public:
  // Starts the processes in the background. Without a client: at default_client().
  // Throws as the constructor of Pool does.
  // Python: ProcessPoolExecutor(max_workers, initializer=…, initargs=…, max_tasks_per_child=…)
  explicit ProcessPoolExecutor(ExecutorOptions options = {});
  explicit ProcessPoolExecutor(Client& client, ExecutorOptions options = {});
  // Does what shutdown() does, and waits for callbacks of the executor that are due.
  // Python: the end of "with ProcessPoolExecutor() as executor:"
  ~ProcessPoolExecutor();
  ProcessPoolExecutor(const ProcessPoolExecutor&) = delete;
  ProcessPoolExecutor& operator=(const ProcessPoolExecutor&) = delete;

  // Calls the task's function with these arguments in one of the processes.
  // Blocks only while the client is full (ClientOptions::when_full).
  // Throws Error{object_closed} after shutdown(), Rejected{payload_too_large}, and what the packing of an argument
  // throws. Everything else is the future's error.
  //
  //     auto later = executor.submit(kAdd, 2.0, 3.0);
  //     double sum = later.get_for(5s);
  //
  // Python: executor.submit(f, 2, 3)
  template <class R, class... P, class... A>
  Future<R> submit(const Task<R(P...)>& task, A&&... arguments) {
    auto state = detail::make_ref<detail::ExecutorState<R>>(origin_);
    submit_packed(task.name(), task.hash(), detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...),
                  detail::executor_promise<R>(state));
    return Future<R>{detail::Ref<detail::State>{std::move(state)}};
  }

  // Calls the function once for each item and gives the results in the order of the items, as Pool::imap() does: also
  // what is said there of the range. When the results are dropped before their end, as by a break out of a loop, calls
  // that have not started are cancelled, and no more items are read. A result that is not there `timeout` after this
  // call is Timeout; empty: no limit.
  // A chunk size of {} leaves it to the executor, as there.
  // Throws std::invalid_argument if chunk_size is less than 1, and Error{object_closed} after shutdown().
  //
  //     for (int square : executor.map(kSquare, numbers, 30s)) print(square);
  //
  // Python: executor.map(f, items, timeout=30, chunksize=1)
  template <class R, class... P, class Range>
  PoolResults<R> map(const Task<R(P...)>& task, Range&& items, std::optional<std::chrono::nanoseconds> timeout = {},
                     ChunkSize chunk_size = 1) {
    const auto deadline = timeout ? detail::deadline_after(*timeout) : detail::Deadline{};
    return detail::stream_items(task, std::forward<Range>(items), deadline,
                                [&] { return open_stream(task.name(), task.hash(), chunk_size); });
  }
  template <class R, class P>
  PoolResults<R> map(const Task<R(P)>& task, std::initializer_list<std::decay_t<P>> items,
                     std::optional<std::chrono::nanoseconds> timeout = {}, ChunkSize chunk_size = 1) {
    return map(task, std::vector(items), timeout, chunk_size);
  }

  // Takes no more calls; submit() and map() throw Error{object_closed}. cancel_futures: tasks that wait in this program
  // end with Cancelled; those that run, or are about to, go on. No map() reads more items, and its calls that have not
  // started are cancelled: its results end with Cancelled, once. wait: blocks until all futures have ended and the
  // processes have, else returns at once, and the destructor waits. May be repeated, also by another thread while this
  // one waits. A map() over a range without an end, whose results are kept, ends by cancel_futures only.
  //
  //     executor.shutdown(true, true);
  //
  // Python: executor.shutdown(wait=True, cancel_futures=True)
  void shutdown(bool wait = true, bool cancel_futures = false);

 private:
  void submit_packed(std::string_view task, std::uint64_t signature, std::string arguments,
                     const detail::ExecutorPromise& promise);
  detail::PoolStreamRef open_stream(std::string_view task, std::uint64_t signature, ChunkSize chunk_size);

  detail::Ref<detail::Origin> origin_;        // for the futures
  std::shared_ptr<detail::PoolState> state_;  // never null
};

}  // namespace forkmill
