// AsyncResult<T>: what a Pool's call has given, or will give. Copies are the same result.
//
//     auto sum = pool.apply_async(kAdd, 2.0, 3.0);   // AsyncResult<double>
//     sum.wait(100ms);
//     if (sum.ready() && sum.successful()) …
//     double value = sum.get();                      // waits; throws what the function threw, as RemoteError
//     double other = sum.get(5s);                    // or Timeout{Errc::timeout}; 0 only looks
//
// Every one ends: with a value, RemoteError, WorkerLost (its process was killed, or left), Cancelled (the pool was
// terminated), or what ended the pool. When get() returns or throws, the callback or the error callback has run:
// exactly one of them. A callback that waits for its own result gets an Error{bad_request}.
//
// Thread-safe. It may outlive its pool and its client.
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

class PoolJob;  // client/pool/job.h
using PoolJobRef = std::shared_ptr<PoolJob>;

bool pool_job_ready(const PoolJob& job);
// True when ready. Empty: for ever.
bool pool_job_wait(PoolJob& job, std::optional<std::chrono::nanoseconds> how_long);
[[noreturn]] void throw_pool_timeout(std::chrono::nanoseconds waited);
[[noreturn]] void throw_not_ready();
// The packed results of each chunk; throws the error of the first that has one.
std::vector<std::string> pool_job_results(const PoolJob& job);
[[noreturn]] void throw_undecodable_results(const char* why);

// Calls each(const msgpack::object&) for what a chunk gave.
template <class F>
void for_each_result(std::string_view chunk, F&& each) {
  try {
    const auto handle = unpack_bounded(chunk);
    if (handle.get().type != msgpack::type::ARRAY) throw DecodeError{"the results of a chunk are not an array"};
    const auto& array = handle.get().via.array;
    for (std::uint32_t i = 0; i < array.size; ++i) each(array.ptr[i]);
  } catch (const Error&) {
    throw;
  } catch (const msgpack::type_error&) {
    throw_undecodable_results("a result does not have the expected type");
  } catch (const std::exception& error) {
    throw_undecodable_results(error.what());
  }
}

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

template <class T>
class AsyncResult {
 public:
  using Value = T;
  using Reader = std::function<T(const detail::PoolJob&)>;

  AsyncResult(detail::PoolJobRef job, Reader read) : job_{std::move(job)}, read_{std::move(read)} {}

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

  void wait() const { detail::pool_job_wait(*job_, std::nullopt); }
  template <class Rep, class Period>
  void wait(std::chrono::duration<Rep, Period> timeout) const {
    detail::pool_job_wait(*job_, detail::saturated<std::chrono::nanoseconds>(timeout));
  }

  bool ready() const { return detail::pool_job_ready(*job_); }
  // Whether there is a value. Throws Error{bad_request} before it is ready.
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
  detail::PoolJobRef job_;
  Reader read_;
};

}  // namespace forkmill
