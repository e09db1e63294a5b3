// The results of a call of a pool, as an AsyncResult reads them (async_result.h). For the library.
#pragma once

#include <forkmill/detail/note.h>
#include <forkmill/detail/plain_reader.h>
#include <forkmill/errors.h>
#include <forkmill/future.h>
#include <forkmill/serialize.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill::detail {

// One call of a pool, shared by its results (client/pool/job.h).
class PoolJob;
using PoolJobRef = std::shared_ptr<PoolJob>;

// The state that is ready when the job is. It has the job's error, but none of its values.
State& pool_job_state(const PoolJob& job);
[[noreturn]] void throw_pool_timeout(std::chrono::nanoseconds waited);
[[noreturn]] void throw_not_ready();
// The packed array of the results of each chunk, in order.
// Throws the first error. Only when ready; valid as long as the job.
std::vector<std::string_view> pool_job_results(const PoolJob& job);
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

// Number of results in chunks, as far as their heads can be believed.
inline std::size_t number_of_results(const std::vector<std::string_view>& chunks) {
  std::size_t all = 0;
  for (const auto& chunk : chunks) {
    std::size_t size = 0;
    if (PlainReader{chunk}.read_array(size)) all += std::min(size, chunk.size());
  }
  return all;
}

// Appends the results in a chunk, if all of them are plain values; else returns false, and leaves `values` as it was.
template <class T>
bool read_plain_results(std::string_view chunk, std::vector<T>& values) {
  if constexpr (kIsPlain<T>) {
    const auto before = values.size();
    PlainReader reader{chunk};
    std::size_t size = 0;
    bool plain = reader.read_array(size);
    for (std::size_t i = 0; plain && i < size; ++i) {
      T value{};
      plain = reader.read(value);
      if (plain) values.push_back(std::move(value));
    }
    if (plain && reader.at_end()) return true;
    values.resize(before);
  }
  return false;
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
    const auto chunks = pool_job_results(job);
    values.reserve(number_of_results(chunks));
    for (const auto& chunk : chunks)
      if (!read_plain_results(chunk, values))
        for_each_result(chunk, [&](const msgpack::object& packed) { values.push_back(packed.as<T>()); });
    return values;
  }
};
template <>
struct ReadList<void> : ReadOne<void> {};

// Type of all results of a map: a vector, or void.
template <class R>
struct ListOfResults {
  using type = std::vector<R>;
};
template <>
struct ListOfResults<void> {
  using type = void;
};

// ResultState: the state of AsyncResult::future(). Reads the value out of the job when it is asked for.
template <class T>
class ResultState final : public LocalState<T> {
 public:
  // Makes the value from the results of a ready job.
  using Reader = std::function<T(const PoolJob&)>;

  ResultState(PoolJobRef job, Reader read)
      : LocalState<T>{Ref<Origin>{pool_job_state(*job).origin()}, TaskId{}},
        job_{std::move(job)},
        read_{std::move(read)} {
    if (end().needs_executor()) this->mark_needs_executor();
  }
  // Begins to wait for the job.
  void start() { note_.hook(*this, end(), 0); }
  // Called when the job is ready.
  void note(std::size_t, State& ended) noexcept {
    if (const auto& error = ended.outcome().error())
      this->fail(error);
    else
      this->publish();
  }
  Stored<T> take(bool) override {
    if constexpr (std::is_void_v<T>) {
      read_(*job_);
      return {};
    } else {
      return read_(*job_);
    }
  }
  std::shared_ptr<Executor> resolving_executor() const override { return end().resolving_executor(); }

 private:
  State& end() const { return pool_job_state(*job_); }

  const PoolJobRef job_;
  const Reader read_;
  Note<ResultState> note_;
};

}  // namespace forkmill::detail
