// PoolResults<T>: the results of Pool::imap() and imap_unordered(), one after the other, while the rest is under way.
//
//     for (const auto& thumbnail : pool.imap(kThumbnail, paths)) show(thumbnail);
//
// With time limits and errors:
//
//     auto results = pool.imap(kThumbnail, paths);
//     for (;;) {
//       try {
//         auto thumbnail = results.next(5s);                // Timeout if there is none by then; ask again
//         if (!thumbnail) break;                            // all results have been given
//         show(*thumbnail);
//       } catch (const forkmill::RemoteError& error) {      // of this item; the next call gives the next one
//         complain(error);
//       }
//     }
//
// The results come in the order of the items from imap(), in the order of their completion from imap_unordered(). If
// the pool ends first, next() throws that error once (Cancelled after terminate()), and then says that it is the end.
//
// Copies share one position. When the last copy goes, the results that were not given are dropped. The calls of a Pool
// go on, but no more items are read of a range whose size is not known, since that may have no end; calls of a
// ProcessPoolExecutor that have not started are cancelled. next() may be called from several threads at once, each of
// which gets other results; an iterator belongs to one thread. May outlive its pool.
#pragma once

#include <forkmill/async_result.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace forkmill {

namespace detail {

// The results of one call, in the making (client/pool/stream.h).
class PoolStream;
using PoolStreamRef = std::shared_ptr<PoolStream>;

// Gives the packed arguments of the next item; false: there is none left.
using ItemSource = std::function<bool(std::string&)>;
// Number of items of a range, as far as it is known.
struct ItemCount {
  std::size_t in_memory = std::numeric_limits<std::size_t>::max();  // number of items; of a range that is still to be
                                                                    // read, the largest
  bool endless = false;                                             // the range may have no end
};
// Makes the stream read all items, in the background unless a small number of them is in memory. What the source throws
// comes after the last result.
void stream_feed(PoolStream& stream, ItemSource source, ItemCount items);
// Blocks for the next result and passes it to `take`. Returns false at the end.
// Throws the item's error, or Timeout.
bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long,
                 const std::function<void(const msgpack::object&)>& take);

// The time that is left.
inline std::optional<std::chrono::nanoseconds> time_until(const Deadline& deadline) {
  if (!deadline) return std::nullopt;
  return std::max(std::chrono::nanoseconds{*deadline - std::chrono::steady_clock::now()}, std::chrono::nanoseconds{0});
}

}  // namespace detail

// T is the type of one result, or void.
template <class T>
class PoolResults {
 public:
  // Type of next(): an optional that is empty at the end; for void a bool that is false at the end.
  using Next =
      std::conditional_t<std::is_void_v<T>, bool, std::optional<std::conditional_t<std::is_void_v<T>, int, T>>>;

  // For the library. deadline: of next() without a time limit.
  explicit PoolResults(detail::PoolStreamRef stream, const detail::Deadline& deadline = {})
      : stream_{std::move(stream)}, deadline_{deadline} {}

  // Blocks until the next result is there and returns it; an empty Next when all have been given, also on every later
  // call. The second form waits `timeout` at most and then throws Timeout{Errc::timeout}, with the position unchanged.
  // Zero or less only looks.
  // Throws the error of the item (RemoteError, WorkerLost; with a chunk size WorkerLost for the whole chunk), and then
  // goes on behind it; Error{result_undecodable} if the bytes are not a T.
  // Python: it.next(), it.next(timeout)
  Next next() { return take(detail::time_until(deadline_)); }
  template <class Rep, class Period>
  Next next(std::chrono::duration<Rep, Period> timeout) {
    return take(detail::saturated<std::chrono::nanoseconds>(timeout));
  }

  // An input iterator that calls next(). begin() and ++ block, and throw what next() throws; after an error a new
  // begin() goes on behind it. The value lives until the next ++.
  class Iterator {
   public:
    // As std::input_iterator wants them; bool for void.
    using value_type =
        typename std::conditional_t<std::is_void_v<T>, std::type_identity<bool>, std::type_identity<T>>::type;
    using difference_type = std::ptrdiff_t;
    // Takes the first result.
    explicit Iterator(PoolResults* results) : results_{results} { ++*this; }
    // The current result. Not at the end.
    const value_type& operator*() const {
      if constexpr (std::is_void_v<T>)
        return current_;
      else
        return *current_;
    }
    // Takes the next result.
    Iterator& operator++() {
      current_ = results_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    // Whether all results have been given.
    bool operator==(std::default_sentinel_t) const { return !current_; }

   private:
    PoolResults* results_;
    Next current_{};
  };
  // One pass over the results that have not been given yet.
  Iterator begin() { return Iterator{this}; }
  std::default_sentinel_t end() const { return {}; }

  // For the library.
  detail::PoolStream& stream() const { return *stream_; }

 private:
  Next take(std::optional<std::chrono::nanoseconds> how_long) {
    if (!stream_) detail::throw_moved_from("sequence of results");
    if constexpr (std::is_void_v<T>) {
      return detail::stream_next(*stream_, how_long, [](const msgpack::object&) {});
    } else {
      Next value;
      detail::stream_next(*stream_, how_long, [&](const msgpack::object& packed) { value.emplace(packed.as<T>()); });
      return value;
    }
  }

  detail::PoolStreamRef stream_;  // null: moved from
  detail::Deadline deadline_;
};

}  // namespace forkmill
