// Pool: processes of its own for many calls. The counterpart of Python's multiprocessing.Pool.
//
//     forkmill::Pool pool{{.processes = 4}};
//     double sum = pool.apply(kAdd, 2.0, 3.0);                                // waits for the result
//     std::vector<int> squares = pool.map(kSquare, std::views::iota(0, 1000));
//     auto later = pool.apply_async(kAdd, {2.0, 3.0}, [](double v) { std::cout << v; },
//                                   [](const forkmill::Error& error) { std::cerr << error.what(); });
//     for (int square : pool.imap(kSquare, std::vector{1, 2, 3})) std::cout << square;    // results as they come
//
// The calls:
//
//     apply            one call; waits for its result
//     apply_async      one call; gives an AsyncResult, or calls a callback
//     map, starmap     a call for each item; wait for all results, in the order of the items
//     map_async        the same without waiting, as starmap_async
//     map_reduce       a call for each item, with all results merged into one, on the workers first
//     imap             a call for each item; gives the results one after the other, in the order of the items
//     imap_unordered   the same in the order of completion
//
// An AsyncResult (async_result.h) has get() and get(5s), wait(5s), ready(), successful(), then() and on_error().
//
// Here kAdd is a Task<double(double, double)> and kSquare a Task<int(int)>; in the examples below, print() is any
// function and numbers a vector of int. Functions are called by the name of a task, so the processes must know them:
// register each one with forkmill::Registered or Worker::on() in the program of the worker. A program by itself calls
// local_main() first (local.h) and registers its own functions:
//
//     const forkmill::Registered kAddHere{kAdd, [](double a, double b) { return a + b; }};
//
// Without a client, a pool is at default_client(): at the broker of FORKMILL_BROKER, or at local:// after local_main(),
// and never at another broker of this machine by itself. The processes are forked on one machine: on this one with
// local://, else where a worker of PoolOptions::queue has room for one more Process; the pool waits until there is
// room. They serve this pool alone, and end with it, or with this program if that ends first, also by SIGKILL.
// Functions of a pool may make pools, which end with the process that made them.
//
// A call has no time limit and cannot be cancelled: get(timeout) ends the wait only, terminate() ends all calls.
//
// Items travel in chunks, each of which is one task, so that small items cost little. Without a chunk size (map,
// starmap, map_reduce, and imap with `{}`) the pool cuts the chunks itself: the first ones for a function have one
// item, and the following as many as run for 5 ms by what was measured, towards the end fewer, so that no process waits
// long for another one. A chunk that runs for twice that time gives back the items that it has not started, and other
// processes run them. A chunk of map_reduce runs for up to 1 s, because each costs a merge. With a chunk size, each
// chunk has that many items and runs once: for functions that must never run twice for an item (see Errors).
//
//     open ── close() ──▶ closed ── join() ──▶ ended          everything that was submitted is finished
//       └────── terminate(), destructor ─────▶ ended          outstanding results end with Cancelled
//
// Errors. An exception of a function is a RemoteError where its result is asked for. A process that is killed or exits
// costs the chunk that it ran, and another process takes its place. A chunk with a given size ends with WorkerLost
// then. The items of a chunk that the pool has cut run again, in 16 smaller chunks, and so on: an item fails with
// WorkerLost if it was alone in its chunk when its process died, and costs no other item. So items that share a chunk
// with one that kills its process run again, once for each time that the size of the chunk can be divided by 16: at
// most three times for 4,096 items. An initializer that throws, or a process that ends before it is ready, ends the
// pool: that error is the result of all calls, earlier and later. If the pool's machine is lost, outstanding calls end
// with WorkerLost and the pool starts again elsewhere. Arguments over 64 MiB for one chunk
// (Rejected{payload_too_large}) and exceptions of the range of items come out of the call itself; from imap() they come
// at their place among the results. Results over 64 MiB for one chunk are RemoteError{result_too_large}; in a chunk
// that the pool has cut, the result of one item may have 62 MiB. std::invalid_argument says that a size or number is
// not positive, Error{object_closed} that the pool has been closed or terminated.
//
// Threads: every member may be called from any thread, except the destructor, which must be the last call. The client
// must outlive the pool; closing it ends the pool's calls with Disconnected. Callbacks run on one thread of the pool,
// one at a time; an exception of a callback is logged and has no other effect. A callback may make calls, and may
// terminate or destroy the pool. Do not fork() while a pool is in use: the child must use neither the pool nor its
// results.
#pragma once

#include <forkmill/async_result.h>
#include <forkmill/client.h>
#include <forkmill/detail/arguments_of.h>
#include <forkmill/detail/packed_items.h>
#include <forkmill/pool_results.h>
#include <forkmill/registered.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

// PoolInitializer: the call that each process of a pool makes first: {kConnect, "orders"}. A value type.
struct PoolInitializer {
  // No initializer.
  PoolInitializer() = default;
  // Calls the task's function with these arguments, which are packed here. Its result is ignored. A function that takes
  // a Context gets one that reports nothing.
  template <class R, class... P, class... A>
  // NOLINTNEXTLINE(google-explicit-constructor)
  PoolInitializer(const Task<R(P...)>& task, A&&... values)
      : name{task.name()},
        signature{task.hash()},
        arguments{detail::pack_call<Task<R(P...)>>(std::forward<A>(values)...)} {}

  // Name of the task; empty: none.
  std::string name;
  // Hash of the task's signature, compared with that of the function; 0: not compared.
  std::uint64_t signature = 0;
  // The packed arguments.
  std::string arguments;
};

// Count: a whole number, or none. A number with a fraction does not compile.
struct Count : std::optional<std::int64_t> {
  // None.
  Count() = default;
  Count(std::nullopt_t) {}  // NOLINT(google-explicit-constructor)
  // NOLINTNEXTLINE(google-explicit-constructor)
  Count(std::optional<std::int64_t> count) : std::optional<std::int64_t>{count} {}
  // A number above the largest std::int64_t becomes that.
  template <class T>
  requires std::is_arithmetic_v<T> Count(T count)  // NOLINT(google-explicit-constructor)
      : std::optional<std::int64_t>{whole(count)} {}

 private:
  template <class T>
  static std::int64_t whole(T count) {
    static_assert(std::is_integral_v<T> && !std::is_same_v<T, bool>, "forkmill: this option is a whole number");
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof kMost)
      return static_cast<std::int64_t>(std::min<T>(count, kMost));
    else
      return static_cast<std::int64_t>(count);
  }
};

// Options of a Pool, by designated initializers in the order of declaration. Plain values; fixed once the pool is made.
//
//     forkmill::Pool database{{.initializer = {kConnect, "orders"}, .max_tasks_per_child = 100, .name = "database"}};
struct PoolOptions {
  // Number of processes, 1 to 4096. Empty: one for each CPU that the pool's machine may use.
  Count processes{};
  // Called in each process before its first chunk, also in those that replace others.
  PoolInitializer initializer{};
  // Chunks after which a process is replaced by a fresh one, at least 1. Empty: never. (Python's maxtasksperchild.)
  // A call that must use up chunks one by one gives a chunk size.
  Count max_tasks_per_child{};
  // Name for people, in `forkmill ps` and in errors: 128 bytes at most, without control characters. Empty: "Pool-N".
  std::string name{};
  // Name of a queue: a worker that serves it hosts the processes. At most 120 characters.
  std::string queue = "default";
};

// Items in a chunk, at least 1. Empty: as the run time of the items says, and no more than about 1 MiB of arguments.
using ChunkSize = Count;
// Called with the error of a call.
using ErrorCallback = std::function<void(const Error&)>;

namespace detail {

// The pool behind its handle (client/pool/state.h).
class PoolState;

// Reads the results of a job and calls the callback or the error callback. Empty if the call has neither.
using PoolDeliver = std::function<void(const PoolJob&)>;

// Type of the callback of a call that gives a T.
template <class T>
struct CallbackOf {
  using type = std::function<void(const T&)>;
};
template <>
struct CallbackOf<void> {
  using type = std::function<void()>;
};

// Makes a PoolDeliver that calls one of the two with what `read` returns or throws. Empty if both are.
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

// Packs the arguments of each call of a map: one for each item, or a tuple of all.
template <class Call, class Range>
PackedItems pack_items(Range&& range) {
  PackedItems items;
  if constexpr (std::ranges::sized_range<Range>) items.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& element : range) items.add(pack_call<Call>(element));
  return items;
}
template <class Call, class Range>
PackedItems pack_tuples(Range&& range) {
  PackedItems items;
  for (auto&& element : range) {
    static_assert(TupleLike<decltype(element)>,
                  "forkmill: an item of starmap must be a tuple, a pair or an array of all arguments");
    if constexpr (TupleLike<decltype(element)>) items.add(pack_tuple<Call>(element));
  }
  return items;
}

// Refuses to compile a map over a function of several arguments.
template <class... P>
constexpr bool check_one_argument() {
  static_assert(sizeof...(P) == 1, "forkmill: map calls a function of one argument; starmap is for several");
  return sizeof...(P) == 1;
}

// The arguments of a call with callbacks, written {2.0, 3.0}, or a tuple of them.
template <class Call>
struct PackedCall {
  template <class... A>
  PackedCall(A&&... arguments) : bytes{pack(std::forward<A>(arguments)...)} {}  // NOLINT(google-explicit-constructor)
  std::string bytes;

 private:
  template <class... A>
  static const std::string& pack(A&&... arguments) {
    if constexpr (!ArgumentsOf<Call, A...> && sizeof...(A) == 1 && (TupleLike<A> && ...))
      return (pack_tuple<Call>(arguments), ...);
    else
      return pack_call<Call>(std::forward<A>(arguments)...);
  }
};

// Whether these are not the arguments of a call, but its arguments and callbacks.
template <class Call, class Callback, class... A>
inline constexpr bool kHasCallback = false;
template <class Call, class Callback, class Arguments, class Second, class... Third>
inline constexpr bool kHasCallback<Call, Callback, Arguments, Second, Third...> =
    !ArgumentsOf<Call, Arguments, Second, Third...> && std::is_convertible_v<Second, Callback> && sizeof...(Third) < 2;

// Ranges whose items are in memory, and may change or go: they are read at once. All others are read in the background.
template <class Range>
inline constexpr bool kIsContainer =
    std::is_lvalue_reference_v<Range>&& std::ranges::forward_range<Range>&& std::ranges::sized_range<Range> &&
    !std::ranges::view<std::remove_cvref_t<Range>>;

// Keeps a range, a reference to it for one that the caller keeps, and its place in it.
template <class Call, class Range>
class RangeSource {
 public:
  explicit RangeSource(Range&& range) : range_{keep(std::forward<Range>(range))} {}
  bool operator()(std::string& item) {
    if (at_)
      ++*at_;
    else
      at_.emplace(std::ranges::begin(range_));
    if (*at_ == std::ranges::end(range_)) return false;
    item = pack_call<Call>(**at_);
    return true;
  }

 private:
  static auto keep(Range&& range) {
    if constexpr (std::ranges::viewable_range<Range>)
      return std::views::all(std::forward<Range>(range));
    else
      return std::ranges::ref_view{range};
  }
  using Kept = decltype(keep(std::declval<Range>()));

  Kept range_;
  std::optional<std::ranges::iterator_t<Kept>> at_;
};

// Reads the items of a stream that `open` makes.
template <class R, class... P, class Range, class Open>
PoolResults<R> stream_items(const Task<R(P...)>&, Range&& items, const Deadline& deadline, Open&& open) {
  using Call = Task<R(P...)>;
  PoolResults<R> results{open(), deadline};
  if constexpr (check_range<Range>() && check_one_argument<P...>()) {
    if constexpr (kIsContainer<Range>) {
      auto packed = std::make_shared<std::vector<std::string>>();
      std::exception_ptr failure;
      try {
        for (auto&& element : items) packed->push_back(pack_call<Call>(element));
      } catch (...) {
        failure = std::current_exception();
      }
      const auto count = packed->size();
      stream_feed(results.stream(),
                  [packed, failure, at = std::size_t{0}](std::string& item) mutable {
                    if (at == packed->size() && failure) std::rethrow_exception(failure);
                    if (at == packed->size()) return false;
                    item = std::move((*packed)[at++]);
                    return true;
                  },
                  {.in_memory = count});
    } else {
      auto source = std::make_shared<RangeSource<Call, Range>>(std::forward<Range>(items));
      stream_feed(results.stream(), [source](std::string& item) { return (*source)(item); },
                  {.endless = !std::ranges::sized_range<Range>});
    }
  }
  return results;
}

}  // namespace detail

// The head of this file says what holds for all members.
class Pool {
 public:
  // Starts the processes in the background. Without a client: at default_client(), see the head of this file.
  // Does not wait for them; calls can be made at once.
  // Throws std::invalid_argument if a number of the options is out of its range, Error if the name or the queue is not
  // allowed, Error{bad_request} inside a daemon (a daemon may not have children), and what Client::submit() and
  // default_client() throw.
  // Python: mp.Pool(processes, initializer, initargs, maxtasksperchild)
  explicit Pool(PoolOptions options = {});
  explicit Pool(Client& client, PoolOptions options = {});
  // Does what terminate() does, and waits until callbacks that are due have run. Results that are
  // still needed have to be there by then: get() them, or call close() and join().
  // Python: the end of "with mp.Pool() as pool:"
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Type of the callback of a call that gives a T: std::function<void(const T&)>, or void() for void.
  template <class T>
  using Callback = typename detail::CallbackOf<T>::type;
  // Type of the results of a map: std::vector<R>, or void.
  template <class R>
  using List = typename detail::ListOfResults<R>::type;

  // Calls the task's function in one of the processes and returns its result.
  // Blocks until it is there, without a time limit.
  // Throws RemoteError{type, message, backtrace …} if the function threw, RemoteError{unknown_task or
  // signature_mismatch} if the processes do not have it, and the errors named in the head of this file.
  // Python: pool.apply(f, args)
  template <class R, class... P, class... A>
  R apply(const Task<R(P...)>& task, A&&... arguments) {
    return one<R>(task, detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...), {}).get();
  }
  // apply() without waiting.
  // Blocks only while the client is full (ClientOptions::when_full).
  // Python: pool.apply_async(f, args)
  template <class R, class... P, class... A>
  requires(!detail::kHasCallback<Task<R(P...)>, Callback<R>, A...>)
      AsyncResult<R> apply_async(const Task<R(P...)>& task, A&&... arguments) {
    return one<R>(task, detail::pack_call<Task<R(P...)>>(std::forward<A>(arguments)...), {});
  }
  // The same with callbacks; the arguments are a tuple, written {2.0, 3.0}. Exactly one of the two is called, on the
  // pool's callback thread, before get() of the result returns. Either may be empty. An exception of a callback is
  // logged.
  //
  //     auto sum = pool.apply_async(kAdd, {2.0, 3.0}, [](double v) { print(v); });
  template <class R, class... P>
  AsyncResult<R> apply_async(const Task<R(P...)>& task,
                             const std::type_identity_t<detail::PackedCall<Task<R(P...)>>>& arguments,
                             Callback<R> callback, ErrorCallback error_callback = {}) {
    return one<R>(task, arguments.bytes,
                  detail::deliver_to<R>(std::move(callback), std::move(error_callback), detail::ReadOne<R>{}));
  }

  // Calls the function once for each item and returns the results in the order of the items; none for an empty range.
  // The range is read once, before anything is sent.
  // Blocks until all chunks are done, then throws the first error in the order of the items if there is one. Without a
  // chunk size, an item that fails costs no other item, and all are run; the call gives up on the rest only if at least
  // 16 items, and a quarter of all that have ended, have killed their process. With a chunk size, an item that fails
  // ends its chunk: items behind it in the chunk are not run.
  // Throws std::invalid_argument if chunk_size is less than 1.
  // Python: pool.map(f, items, chunksize)
  template <class R, class... P, class Range>
  List<R> map(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {}) {
    return map_async(task, std::forward<Range>(items), chunk_size).get();
  }
  template <class R, class P>
  List<R> map(const Task<R(P)>& task, std::initializer_list<std::decay_t<P>> items, ChunkSize chunk_size = {}) {
    return map_async(task, items, chunk_size).get();
  }
  // map() without waiting: returns when the items have been packed, and the first chunks handed to the client, or all
  // chunks if they have a given size. A thread of the pool sends the others. The result is ready when all chunks are
  // done. callback gets the whole list, once; error_callback the first error.
  //
  //     pool.map_async(kSquare, numbers, {}, [](const std::vector<int>& all) { print(double(all.size())); });
  //
  // Python: pool.map_async(f, items, chunksize, callback, error_callback)
  template <class R, class... P, class Range>
  AsyncResult<List<R>> map_async(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {},
                                 Callback<List<R>> callback = {}, ErrorCallback error_callback = {}) {
    detail::PackedItems packed;
    if constexpr (detail::check_range<Range>() && detail::check_one_argument<P...>())
      packed = detail::pack_items<Task<R(P...)>>(items);
    return many<R>(task, std::move(packed), chunk_size, std::move(callback), std::move(error_callback));
  }
  template <class R, class P>
  AsyncResult<List<R>> map_async(const Task<R(P)>& task, std::initializer_list<std::decay_t<P>> items,
                                 ChunkSize chunk_size = {}, Callback<List<R>> callback = {},
                                 ErrorCallback error_callback = {}) {
    return many<R>(task, detail::pack_items<Task<R(P)>>(items), chunk_size, std::move(callback),
                   std::move(error_callback));
  }
  // map() and map_async() for a function of several arguments: each item is a tuple, pair or array of all of them.
  //
  //     const std::vector<std::pair<double, double>> pairs{{1.0, 2.0}, {3.0, 4.0}};
  //     std::vector<double> sums = pool.starmap(kAdd, pairs);
  //
  // Python: pool.starmap(f, pairs, chunksize), pool.starmap_async(f, pairs, chunksize)
  template <class R, class... P, class Range>
  List<R> starmap(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {}) {
    return starmap_async(task, std::forward<Range>(items), chunk_size).get();
  }
  template <class R, class... P>
  List<R> starmap(const Task<R(P...)>& task, std::initializer_list<std::tuple<std::decay_t<P>...>> items,
                  ChunkSize chunk_size = {}) {
    return starmap_async(task, items, chunk_size).get();
  }
  template <class R, class... P, class Range>
  AsyncResult<List<R>> starmap_async(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = {},
                                     Callback<List<R>> callback = {}, ErrorCallback error_callback = {}) {
    detail::PackedItems packed;
    if constexpr (detail::check_range<Range>()) packed = detail::pack_tuples<Task<R(P...)>>(items);
    return many<R>(task, std::move(packed), chunk_size, std::move(callback), std::move(error_callback));
  }

  // Calls the function once for each item and merges all results into one, in the order of the items: the process that
  // runs a chunk merges the results of its items, so that one result a chunk travels, and this call merges those. The
  // processes use the merge function that the task was registered with (Worker::on(), forkmill::Registered), and this
  // call uses `merge`, which should be the same: merge(R& into, R&& from) adds `from` to `into` and is associative.
  // Returns R{} for an empty range.
  // Blocks and throws as map() does. RemoteError{std::logic_error} if the task was registered without a merge function.
  //
  //     const auto keep_larger = [](int& into, int from) { into = std::max(into, from); };
  //     int largest = pool.map_reduce(kSquare, keep_larger, numbers);
  //
  // Python: functools.reduce(merge, pool.imap(f, items, chunksize)), where all results travel
  template <class R, class P, MergeOf<R> Merge, std::ranges::input_range Range>
  R map_reduce(const Task<R(P)>& task, Merge&& merge, Range&& items, ChunkSize chunk_size = {}) {
    const AsyncResult<List<R>> parts{
        submit_merged(task.name(), task.hash(), detail::pack_items<Task<R(P)>>(items), chunk_size),
        detail::ReadList<R>{}};
    List<R> merged = parts.get();
    if (merged.empty()) return R{};
    for (std::size_t i = 1; i < merged.size(); ++i) std::invoke(merge, merged.front(), std::move(merged[i]));
    return std::move(merged.front());
  }

  // Call the function once for each item and give the results one after the other while the rest is under way: imap()
  // in the order of the items, imap_unordered() as they come. An item's error is thrown at its place, and the items
  // behind it follow. What the range throws comes as the last result. With a chunk of n items, n results become
  // available together. The chunk size {} leaves the size to the pool: the results of items that run for a few
  // milliseconds become available together. An item may wait until more items fill its chunk: for 1 ms, and
  // for the time that the range takes for one item. So a range whose items depend on results needs the chunk size 1.
  //
  // Return at once. A container that the caller keeps is read before the call returns. Any other range, which may be
  // slow or endless, is read later by a thread of the pool: it is moved or copied into the pool if it is an rvalue or a
  // view, else it must live until the last result has come. How far that thread reads ahead:
  //
  //     chunk size given         at least 64 chunks under way, and 1,024 whose results wait to be read
  //     left to the pool ({})    4 chunks under way for each process, and at least 64 whose results wait to be read
  //
  // The second limit ends with close(). Therefore calls can be stages of a pipeline:
  //
  //     for (int n : pool.imap(kSquare, pool.imap_unordered(kTwice, std::views::iota(0)))) print(n);
  //
  // When the results are dropped before their end, the calls go on unseen. A range whose size is not known
  // (std::ranges::sized_range) may have no end, so no more of its items are read then.
  //
  // Throw std::invalid_argument if chunk_size is less than 1.
  //
  //     for (int square : pool.imap_unordered(kSquare, numbers, {})) print(square);
  //
  // Python: pool.imap(f, items, chunksize), pool.imap_unordered(f, items, chunksize)
  template <class R, class... P, class Range>
  PoolResults<R> imap(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = 1) {
    return stream(task, std::forward<Range>(items), chunk_size, true);
  }
  template <class R, class... P, class Range>
  PoolResults<R> imap_unordered(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size = 1) {
    return stream(task, std::forward<Range>(items), chunk_size, false);
  }
  template <class R, class P>
  PoolResults<R> imap(const Task<R(P)>& task, std::initializer_list<std::decay_t<P>> items, ChunkSize chunk_size = 1) {
    return stream(task, items, chunk_size, true);
  }
  template <class R, class P>
  PoolResults<R> imap_unordered(const Task<R(P)>& task, std::initializer_list<std::decay_t<P>> items,
                                ChunkSize chunk_size = 1) {
    return stream(task, items, chunk_size, false);
  }

  // Takes no more calls; those that were made are finished.
  // Never blocks. May be repeated; nothing happens after terminate().
  // Python: pool.close()
  void close();
  // Ends the pool at once: outstanding results and streams end with Cancelled, running functions are killed, later
  // calls throw Error{object_closed}.
  // Blocks until the processes have ended, 5 seconds at most. May be repeated. Callbacks of the results that it ended
  // run afterwards.
  // Python: pool.terminate()
  void terminate();
  // Blocks until every call has ended, with its callbacks, and then until the processes have ended. Each has run its
  // initializer to the end by then. No time limit; while the broker is away, the end of the processes is not waited
  // for. Throws Error{bad_request} before close() or terminate(), and in a callback of the pool, which would wait for
  // its own end.
  //
  //     for (int n : numbers) pool.apply_async(kSquare, {n}, [](int square) { print(square); });
  //     pool.close();
  //     pool.join();                                                  // every callback has run
  //
  // Python: pool.join()
  void join();

  // Number of processes: as asked for, or the number of CPUs that this process may use. Never blocks. For a pool on
  // another machine without a given number, this is the number of this machine's CPUs; the pool has one process for
  // each CPU of its own machine.
  std::int64_t processes() const;

 private:
  // A job of one chunk with one item, a job of many items, and a stream, which sends each chunk when it is full.
  // NOLINTBEGIN(performance-unnecessary-value-param): deliver and items are moved from
  template <class R, class Call>
  AsyncResult<R> one(const Call& task, std::string_view packed, detail::PoolDeliver deliver) {
    detail::PackedItems items;
    items.add(packed);
    return {submit(task.name(), task.hash(), std::move(items), ChunkSize{1}, std::move(deliver)), detail::ReadOne<R>{}};
  }
  template <class R, class Call>
  AsyncResult<List<R>> many(const Call& task, detail::PackedItems items, ChunkSize chunk_size,
                            Callback<List<R>> callback, ErrorCallback error_callback) {
    auto deliver = detail::deliver_to<List<R>>(std::move(callback), std::move(error_callback), detail::ReadList<R>{});
    return {submit(task.name(), task.hash(), std::move(items), chunk_size, std::move(deliver)), detail::ReadList<R>{}};
  }
  // NOLINTEND(performance-unnecessary-value-param)
  template <class R, class... P, class Range>
  PoolResults<R> stream(const Task<R(P...)>& task, Range&& items, ChunkSize chunk_size, bool ordered) {
    return detail::stream_items(task, std::forward<Range>(items), {},
                                [&] { return open_stream(task.name(), task.hash(), chunk_size, ordered); });
  }
  // Both throw std::invalid_argument for the chunk size, Error{object_closed}, and what Client::submit() throws.
  detail::PoolJobRef submit(std::string_view task, std::uint64_t signature, detail::PackedItems items,
                            ChunkSize chunk_size, detail::PoolDeliver deliver);
  detail::PoolJobRef submit_merged(std::string_view task, std::uint64_t signature, detail::PackedItems items,
                                   ChunkSize chunk_size);
  detail::PoolStreamRef open_stream(std::string_view task, std::uint64_t signature, ChunkSize chunk_size, bool ordered);

  std::shared_ptr<detail::PoolState> state_;  // never null
};

}  // namespace forkmill
