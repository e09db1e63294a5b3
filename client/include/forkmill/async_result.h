// AsyncResult<T>: the result of a Pool's call, or of Client::map_chunked(), that has come, or will come. The
// counterpart of Python's AsyncResult.
//
//     auto sum = pool.apply_async(kAdd, 2.0, 3.0);   // AsyncResult<double>
//     sum.wait(100ms);
//     if (sum.ready() && sum.successful()) print(sum.get());
//     double value = sum.get();                      // waits; throws what the function threw, as RemoteError
//     double other = sum.get(5s);                    // or Timeout; 0 only looks
//
// Every result comes: a value, RemoteError, WorkerLost (the process was killed, or exited), Cancelled (the pool was
// terminated), Disconnected (the client was closed), or the error that ended the pool. Before get() returns or throws,
// the callback or the error callback of the call has run, exactly one of them.
//
// Thread-safe: several threads may wait for one result. Copies are the same result. A moved-from result throws
// std::logic_error. An AsyncResult may outlive its pool and its client.
#pragma once

#include <forkmill/detail/moved_from.h>
#include <forkmill/detail/pool_job.h>
#include <forkmill/detail/span.h>
#include <forkmill/errors.h>
#include <forkmill/future.h>
#include <forkmill/serialize.h>
#include <forkmill/wait.h>
#include <forkmill/when.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

// Made by Pool::apply_async(), map_async() and starmap_async(), and by Client::map_chunked().
template <class T>
class AsyncResult {
 public:
  // Type of the value; a std::vector for a map, or void.
  using Value = T;
  // Makes the value from the results of a ready job.
  using Reader = std::function<T(const detail::PoolJob&)>;

  // For the library.
  AsyncResult(detail::PoolJobRef job, Reader read) : job_{std::move(job)}, read_{std::move(read)} {}

  // Blocks until ready, then returns the value or throws the error. May be repeated; each call decodes the result
  // again. The second form waits `timeout` at most and then throws Timeout{Errc::timeout}; the call goes on. Zero or
  // less only looks.
  // Throws Error{result_undecodable} if the bytes are not a T, and Error{bad_request} in a callback that this result
  // waits for, which would wait forever.
  //
  //     auto sum = pool.apply_async(kAdd, 2.0, 3.0);
  //     try {
  //       print(sum.get(5s));
  //     } catch (const forkmill::RemoteError& error) {
  //       std::cerr << error.type() << ": " << error.message();
  //     }
  //
  // Python: r.get(), r.get(timeout)
  T get() const {
    raw_state().wait({});
    return read_(job());
  }
  template <class Rep, class Period>
  T get(std::chrono::duration<Rep, Period> timeout) const {
    const auto span = detail::saturated<std::chrono::nanoseconds>(timeout);
    if (!detail::wait_for(raw_state(), span)) detail::throw_pool_timeout(span);
    return read_(job());
  }

  // Block until ready, `timeout` at most; return nothing (ready() tells). Zero or less does not wait.
  // Throw Error{bad_request} as get() does.
  // Python: r.wait(), r.wait(timeout)
  void wait() const { raw_state().wait({}); }
  template <class Rep, class Period>
  void wait(std::chrono::duration<Rep, Period> timeout) const {
    detail::wait_for(raw_state(), detail::saturated<std::chrono::nanoseconds>(timeout));
  }

  // Whether the result is there and its callback has run.
  // Never blocks.
  // Python: r.ready()
  bool ready() const { return raw_state().ready(); }
  // Whether the result is a value that can be decoded.
  // Never blocks.
  // Throws Error{bad_request} if not ready.
  // Python: r.successful()
  bool successful() const {
    if (!ready()) detail::throw_not_ready();
    try {
      static_cast<void>(read_(job()));
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // Returns a future of the same outcome, for when_all(), co_await and all else that takes futures. wait() and
  // as_completed() take an AsyncResult itself. cancel() of the future has no effect, because chunks of a pool's calls
  // share processes; its callbacks run on the executor of the client, after the callback of the call.
  // Never blocks.
  //
  //     auto sum = pool.apply_async(kAdd, 2.0, 3.0);
  //     auto square = pool.apply_async(kSquare, 3);
  //     auto [a, b] = forkmill::when_all(sum.future(), square.future()).get();
  Future<T> future() const {
    static_cast<void>(job());  // throws if there is none
    auto state = detail::make_ref<detail::ResultState<T>>(job_, read_);
    state->start();
    return Future<T>{detail::Ref<detail::State>{std::move(state)}};
  }
  // Add callbacks, as Future::then(), on_error() and finally() do: future() with one of them.
  // Never block.
  //
  //     pool.apply_async(kAdd, 2.0, 3.0).then([](double sum) { print(sum); });
  template <class F>
  auto then(F&& f) const {
    return future().then(std::forward<F>(f));
  }
  template <class F>
  Future<T> on_error(F&& f) const {
    return future().on_error(std::forward<F>(f));
  }
  template <class F>
  Future<T> finally(F&& f) const {
    return future().finally(std::forward<F>(f));
  }

  // The state that is ready with the result. For the library.
  detail::State& raw_state() const { return detail::pool_job_state(job()); }

 private:
  detail::PoolJob& job() const {
    if (!job_) detail::throw_moved_from("result");
    return *job_;
  }

  detail::PoolJobRef job_;  // null: moved from
  Reader read_;
};

// when_all() and when_any() of the results of a pool: of their futures.
//
//     auto both = forkmill::when_all(std::vector{pool.apply_async(kSquare, 3), pool.apply_async(kSquare, 4)});
//     print(both.get().size());
template <class T>
auto when_all(const std::vector<AsyncResult<T>>& results) {
  return when_all(detail::futures_of(results));
}
template <class T>
auto when_any(const std::vector<AsyncResult<T>>& results) {
  return when_any(detail::futures_of(results));
}

}  // namespace forkmill
