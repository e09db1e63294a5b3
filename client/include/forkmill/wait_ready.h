// wait({things}): blocks until one of several things of any kind is ready: connections, queues, events, processes,
// futures. The counterpart of Python's multiprocessing.connection.wait().
//
//     auto [reader, writer] = forkmill::pipe<std::string>();
//     forkmill::Queue<int> jobs;
//     forkmill::Event stop;
//     stop.set();
//     for (std::size_t index : forkmill::wait({reader, jobs, stop}, 5s)) {
//       if (index == 0) work(reader.recv());
//       if (index == 1) print(jobs.get());
//       if (index == 2) std::cout << "told to stop";
//     }
//
// When an object is ready:
//
//     Connection                                recv() would not wait: there is a message, or the end of the stream
//     Queue, JoinableQueue, SimpleQueue         there is an item
//     Event                                     it is set
//     Process, Process::sentinel()              the process has ended
//     Future, SharedFuture, AsyncResult         the outcome is there
//     an object that was removed                its next call throws Error{object_unknown}
//     an object whose client was closed         its next call throws Disconnected
//
// Nothing is taken out of a queue or a connection: another reader may be faster, so use get(0s) or poll() where there
// are several. Things of different clients may be mixed.
//
// Cost: one message for each object to look, and another one if none is ready; then the broker tells, without polling.
// A wait that is over leaves nothing behind at the broker or in the client.
#pragma once

#include <forkmill/detail/gathering.h>
#include <forkmill/detail/readiness.h>
#include <forkmill/detail/span.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace forkmill {

// Waitable: a thing that wait() waits for. Made from any of the handles above; keeps what it needs of the handle, so it
// may outlive it. Cheap to copy.
class Waitable {
 public:
  // A Future, SharedFuture or AsyncResult.
  // Throws std::logic_error if it is empty.
  template <detail::Awaitable F>
  Waitable(const F& future)  // NOLINT(google-explicit-constructor)
      : readiness_{std::make_shared<detail::ReadyState>(detail::Ref<detail::State>{&future.raw_state()})} {}
  // A Connection, a queue, an Event or a Process.
  // Throws as the handle does if it is empty, closed or not started, and Error{wrong_direction} for an end of a pipe
  // that only sends.
  template <class Handle>
  requires requires(const Handle& handle) {
    { handle.readiness() } -> std::same_as<std::shared_ptr<detail::Readiness>>;
  }
  Waitable(const Handle& handle)  // NOLINT(google-explicit-constructor)
      : readiness_{handle.readiness()} {}

  // For the library.
  const detail::Readiness& readiness() const noexcept { return *readiness_; }

 private:
  std::shared_ptr<detail::Readiness> readiness_;
};

namespace detail {

// Empty: no time limit.
std::vector<std::size_t> wait_ready(const std::vector<Waitable>& things, std::optional<std::chrono::nanoseconds> limit);

}  // namespace detail

// Blocks until at least one of the things is ready, without a time limit, or for `timeout` at most. Returns the indices
// of those that are ready, in rising order: all that were ready when the call began, else the first. Empty: the time is
// over; or there are no things. Zero or less only looks, which is a round trip to the broker.
// Throws Error{bad_request} on a thread that one of the futures waits for, Disconnected in a forked child,
// Error{object_closed} for a handle that was closed, Error{wrong_verb} for a queue at a broker that is older than this,
// Error{too_many_waiting} for more objects than operations of one client may wait.
//
// Python: multiprocessing.connection.wait([a, b]), multiprocessing.connection.wait([a, b], timeout=5)
inline std::vector<std::size_t> wait(const std::vector<Waitable>& things) {
  return detail::wait_ready(things, std::nullopt);
}
template <class Rep, class Period>
std::vector<std::size_t> wait(const std::vector<Waitable>& things, std::chrono::duration<Rep, Period> timeout) {
  return detail::wait_ready(things, detail::saturated<std::chrono::nanoseconds>(timeout));
}

}  // namespace forkmill
