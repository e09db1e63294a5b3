// AsyncResult<T>: the result of a Pool's call that has come, or will come. The counterpart of Python's AsyncResult.
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
// Thread-safe: several threads may wait for one result. Copies are the same result. An AsyncResult may outlive its pool
// and its client.
#pragma once

#include <forkmill/detail/span.h>
#include <forkmill/errors.h>
#include <forkmill/serialize.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// One call of a pool, shared by its results (client/pool/job.h).
class PoolJob;
using PoolJobRef = std::shared_ptr<PoolJob>;

bool pool_job_ready(const PoolJob& job);
// Blocks until ready, how_long at most; empty: without a limit. Returns whether it is ready.
// Throws Error{bad_request} in a callback that the result waits for.
bool pool_job_wait(PoolJob& job, std::optional<std::chrono::nanoseconds> how_long);
[[noreturn]] void throw_pool_timeout(std::chrono::nanoseconds waited);
[[noreturn]] void throw_not_ready();
// The packed results of each chunk, in order.
// Throws the error of the first chunk that has one. Only when ready.
std::vector<std::string> pool_job_results(const PoolJob& job);
[[noreturn]] void throw_undecodable_results(const char* why);

// Calls each(const msgpack::object&) for every result in a chunk.
// Throws Error{result_undecodable} for bytes that are not an array of such results.
template <class F>
void for_each_result(std::string_view chunk, F&& each) {
  try {
    const auto handle = unpack_bounded(chunk);
    if (handle.get().type != msgpack::type::ARRAY) throw DecodeError{"the results of a chunk are not an array"};
    const auto& array = handle.get().via.array;
    for (std::uint32_t i = 0; i < array.size; ++i) each(array.ptr[i]);
  } catch (const Error&) {
    throw;  // thrown by `each`, or by a shared object that could not be opened
  } catch (const msgpack::type_error&) {
    throw_undecodable_results("a result does not have the expected type");
  } catch (const std::exception& error) {
    throw_undecodable_results(error.what());
  }
}

// Readers of a ready job: its one result, or the list of all.
template <class T>
struct ReadOne {
  T operator()(const PoolJob& job) const {
    std::optional<T> value;
    for (const auto& chunk : pool_job_results(job))
      for_each_result(chunk, [&](const msgpack::object& packed) { value.emplace(packed.as<T>()); });
    if (!value) throw_undecodable_results("there is none");
    return std::move(*value);
  }
};
// Nothing to read, but an error to throw.
template <>
struct ReadOne<void> {
  void operator()(const PoolJob& job) const { pool_job_results(job); }
};

template <class T>
struct ReadList {
  std::vector<T> operator()(const PoolJob& job) const {
    std::vector<T> values;
    for (const auto& chunk : pool_job_results(job))
      for_each_result(chunk, [&](const msgpack::object& packed) { values.push_back(packed.as<T>()); });
    return values;
  }
};
template <>
struct ReadList<void> : ReadOne<void> {};

}  // namespace detail

// Made by Pool::apply_async(), map_async() and starmap_async().
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
    detail::pool_job_wait(*job_, std::nullopt);
    return read_(*job_);
  }
  template <class Rep, class Period>
  T get(std::chrono::duration<Rep, Period> timeout) const {
    const auto span = detail::saturated<std::chrono::nanoseconds>(timeout);
    if (!detail::pool_job_wait(*job_, span)) detail::throw_pool_timeout(span);
    return read_(*job_);
  }

  // Block until ready, `timeout` at most; return nothing (ready() tells). Zero or less does not wait.
  // Throw Error{bad_request} as get() does.
  // Python: r.wait(), r.wait(timeout)
  void wait() const { detail::pool_job_wait(*job_, std::nullopt); }
  template <class Rep, class Period>
  void wait(std::chrono::duration<Rep, Period> timeout) const {
    detail::pool_job_wait(*job_, detail::saturated<std::chrono::nanoseconds>(timeout));
  }

  // Whether the result is there and its callback has run.
  // Never blocks.
  // Python: r.ready()
  bool ready() const { return detail::pool_job_ready(*job_); }
  // Whether the result is a value that can be decoded.
  // Never blocks.
  // Throws Error{bad_request} if not ready.
  // Python: r.successful()
  bool successful() const {
    if (!ready()) detail::throw_not_ready();
    try {
      static_cast<void>(read_(*job_));
      return true;
    } catch (const Error&) {
      return false;
    }
  }

 private:
  detail::PoolJobRef job_;  // never null
  Reader read_;
};

}  // namespace forkmill
