// Pool: processes of its own for many calls. For those who know multiprocessing.Pool:
//
//     forkmill::Pool pool{{.processes = 4}};
//     double sum = pool.apply(kAdd, 2.0, 3.0);                            // kAdd is a Task<double(double, double)>
//     std::vector<int> squares = pool.map(kSquare, std::views::iota(0, 1000));
//     auto later = pool.apply_async(kAdd, {2.0, 3.0}, [](double v) { … }, [](const forkmill::Error& e) { … });
//     for (int square : pool.imap(kSquare, numbers)) …
//
// Its processes are forked on one machine: where a worker has room for a Process, or on this one with local:// (see
// local.h). They run the functions that the worker's program knows: forkmill::Registered and Worker::on(). They serve
// this pool alone, and end with it or with this program, however that ends.
//
// Items travel in chunks, each a task: tiny items cost little. chunk_size: empty is a quarter of an even share.
//
//     open ── close() ──▶ closed ── join() ──▶ ended          everything that was submitted is finished
//       └────── terminate(), destructor ─────▶ ended          what is outstanding ends with Cancelled
//
// Errors of a function come as RemoteError where its result is asked for. A process that is killed or leaves costs the
// chunk that it ran, which ends with WorkerLost; another takes its place. An initializer that throws, or a child that
// ends before it is ready, ends the pool and everything that is submitted to it with that error. Arguments that are too
// large, and what the range of arguments throws, come out of the call itself; of imap() at their position.
// Wrong numbers are std::invalid_argument; a call after close() is Error{object_closed}.
//
// Callbacks run one at a time on a thread of the pool. What they throw is logged, and harms nothing.
// Thread-safe, but for the destructor. Do not fork while one is in use.
#pragma once

#include <forkmill/async_result.h>
#include <forkmill/client.h>
#include <forkmill/pool_results.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

// What each process of a pool runs first: {kOpenDatabase, "orders"}.
struct PoolInitializer {
  PoolInitializer() = default;
  template <class... P, class... A>
  // NOLINTNEXTLINE(google-explicit-constructor)
  PoolInitializer(const Task<void(P...)>& task, A&&... values) requires ArgumentsOf<Task<void(P...)>, A...>
      : name{task.name()}, signature{task.hash()}, arguments{detail::pack_arguments<std::decay_t<P>...>(values...)} {}

  std::string name;  // empty: nothing
  std::uint64_t signature = 0;
  std::string arguments;
};

struct PoolOptions {
  std::optional<std::int64_t> processes{};            // as many as the host has CPUs, unless given; 4096 at most
  PoolInitializer initializer{};                      // runs in each process before its first chunk
  std::optional<std::int64_t> max_tasks_per_child{};  // chunks, after which a process is replaced; never, unless given
  std::string name{};                                 // for people; "Pool-N" unless given
  std::string queue = "default";                      // whose workers may be its host
};

using ChunkSize = std::optional<std::int64_t>;
using ErrorCallback = std::function<void(const Error&)>;

namespace detail {

class PoolState;  // client/pool/state.h

// Runs the callback that is due. Empty when there are none.
using PoolDeliver = std::function<void(const PoolJob&)>;

template <class T>
struct CallbackOf {
  using type = std::function<void(const T&)>;
};
template <>
struct CallbackOf<void> {
  using type = std::function<void()>;
};

template <class T>
PoolDeliver deliver_to(typename CallbackOf<T>::type callback, ErrorCallback error_callback,
                       std::function<T(const PoolJob&)> read) {
  if (!callback && !error_callback) return {};
  return [callback = std::move(callback), error_callback = std::move(error_callback),
          read = std::move(read)](const PoolJob& job) {
    std::exception_ptr failure;
    if constexpr (std::is_void_v<T>) {
      try {
        read(job);
      } catch (const Error&) {
        failure = std::current_exception();
      }
      if (!failure && callback) callback();
    } else {
      std::optional<T> value;
      try {
        value.emplace(read(job));
      } catch (const Error&) {
        failure = std::current_exception();
      }
      if (!failure && callback) callback(*value);
    }
    if (!failure || !error_callback) return;
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {
      error_callback(error);
    }
  };
}

template <class R>
struct ListOfResults {
  using type = std::vector<R>;
};
template <>
struct ListOfResults<void> {
  using type = void;
};

template <class... P, class Range>
std::vector<std::string> pack_range(Range&& range) {
  std::vector<std::string> items;
  if constexpr (std::ranges::sized_range<Range>) items.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (const auto& element : range) items.push_back(pack_arguments<P...>(element));
  return items;
}

template <class... P, class Range>
std::vector<std::string> pack_tuples(Range&& range) {
  std::vector<std::string> items;
  for (const auto& element : range)
    items.push_back(std::apply([](const auto&... values) { return pack_arguments<P...>(values...); }, element));
  return items;
}

}  // namespace detail

class Pool {
 public:
  // Does not wait for the processes. Throws std::invalid_argument for numbers that are not positive.
  explicit Pool(PoolOptions options = {});
  explicit Pool(Client& client, PoolOptions options = {});
  // terminate()
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  template <class T>
  using Callback = typename detail::CallbackOf<T>::type;
  template <class R>
  using List = typename detail::ListOfResults<R>::type;

  template <class R, class... P, class... A>
  R apply(const Task<R(P...)>& task, A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...> {
    return apply_async(task, std::forward<A>(arguments)...).get();
  }
  template <class R, class... P, class... A>
  AsyncResult<R> apply_async(const Task<R(P...)>& task, A&&... arguments) requires ArgumentsOf<Task<R(P...)>, A...> {
    return one<R>(task.name(), task.hash(), detail::pack_arguments<std::decay_t<P>...>(arguments...), {});
  }
  // The arguments as a tuple ({2.0, 3.0} will do) before the callbacks.
  template <class R, class... P>
  AsyncResult<R> apply_async(const Task<R(P...)>& task,
                             const std::type_identity_t<std::tuple<std::decay_t<P>...>>& arguments,
                             Callback<R> callback, ErrorCallback error_callback = {}) {
    auto packed = std::apply(
        [](const auto&... values) { return detail::pack_arguments<std::decay_t<P>...>(values...); }, arguments);
    return one<R>(task.name(), task.hash(), std::move(packed),
                  detail::deliver_to<R>(std::move(callback), std::move(error_callback), detail::ReadOne<R>{}));
  }

  // The results in the order of the items. The first error, in that order, once all chunks are done.
  template <class R, class P, std::ranges::input_range Range>
  List<R> map(const Task<R(P)>& task, Range&& items, ChunkSize chunk_size = {}) {
    return map_async(task, std::forward<Range>(items), chunk_size).get();
  }
  template <class R, class P, std::ranges::input_range Range>
  AsyncResult<List<R>> map_async(const Task<R(P)>& task, Range&& items, ChunkSize chunk_size = {},
                                 Callback<List<R>> callback = {}, ErrorCallback error_callback = {}) {
    return many<R>(task.name(), task.hash(), detail::pack_range<std::decay_t<P>>(items), chunk_size,
                   std::move(callback), std::move(error_callback));
  }
  // The same with tuples of all the arguments.
  template <class R, class... P, std::ranges::input_range Range>
  List<R> starmap(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {}) {
    return starmap_async(task, std::forward<Range>(items), chunk_size).get();
  }
  template <class R, class... P, std::ranges::input_range Range>
  AsyncResult<List<R>> starmap_async(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {},
                                     Callback<List<R>> callback = {}, ErrorCallback error_callback = {}) {
    return many<R>(task.name(), task.hash(), detail::pack_tuples<std::decay_t<P>...>(items), chunk_size,
                   std::move(callback), std::move(error_callback));
  }

  // One result after the other while the rest is under way: in the order of the items, or as they come.
  template <class R, class P, std::ranges::input_range Range>
  PoolResults<R> imap(const Task<R(P)>& task, Range&& items, std::int64_t chunk_size = 1) {
    return stream<R, P>(task, items, chunk_size, true);
  }
  template <class R, class P, std::ranges::input_range Range>
  PoolResults<R> imap_unordered(const Task<R(P)>& task, Range&& items, std::int64_t chunk_size = 1) {
    return stream<R, P>(task, items, chunk_size, false);
  }

  // No further calls.
  void close();
  // Ends everything now.
  void terminate();
  // Waits until everything that was submitted is done and the processes have ended. Throws Error{bad_request} before
  // close() or terminate().
  void join();

  std::int64_t processes() const;  // as asked for, or the number of CPUs of this machine

 private:
  template <class R>
  AsyncResult<R> one(std::string_view task, std::uint64_t signature, std::string packed, detail::PoolDeliver deliver) {
    std::vector<std::string> items;
    items.push_back(std::move(packed));
    return {submit(task, signature, items, ChunkSize{1}, std::move(deliver)), detail::ReadOne<R>{}};
  }
  template <class R>
  AsyncResult<List<R>> many(std::string_view task, std::uint64_t signature, const std::vector<std::string>& items,
                            ChunkSize chunk_size, Callback<List<R>> callback, ErrorCallback error_callback) {
    auto deliver = detail::deliver_to<List<R>>(std::move(callback), std::move(error_callback), detail::ReadList<R>{});
    return {submit(task, signature, items, chunk_size, std::move(deliver)), detail::ReadList<R>{}};
  }
  template <class R, class P, class Range>
  PoolResults<R> stream(const Task<R(P)>& task, Range& items, std::int64_t chunk_size, bool ordered) {
    auto one = open_stream(task.name(), task.hash(), chunk_size, ordered);
    try {
      for (const auto& element : items) detail::stream_add(*one, detail::pack_arguments<std::decay_t<P>>(element));
      detail::stream_end(*one, nullptr);
    } catch (...) {
      detail::stream_end(*one, std::current_exception());
    }
    return PoolResults<R>{std::move(one)};
  }
  detail::PoolJobRef submit(std::string_view task, std::uint64_t signature, const std::vector<std::string>& items,
                            ChunkSize chunk_size, detail::PoolDeliver deliver);
  detail::PoolStreamRef open_stream(std::string_view task, std::uint64_t signature, std::int64_t chunk_size,
                                    bool ordered);

  std::shared_ptr<detail::PoolState> state_;
};

}  // namespace forkmill
