// PoolResults<T>: what Pool::imap() gives: the results one after the other, while the rest is under way.
//
//     for (const auto& thumbnail : pool.imap(kThumbnail, paths)) show(thumbnail);
//
//     auto results = pool.imap(kThumbnail, paths);
//     for (;;) {
//       try {
//         auto thumbnail = results.next(5s);                // Timeout when there is none by then; ask again
//         if (!thumbnail) break;                            // all have been there
//       } catch (const forkmill::RemoteError& error) { … }  // of this item; the next call gives the next one
//     }
//
// For a function without a result next() gives true for each item, and false at the end. A pool that ends gives its
// error once, and then the end. Copies share one position. Thread-safe, but for the iterators.
#pragma once

#include <forkmill/async_result.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace forkmill {

namespace detail {

class PoolStream;  // client/pool/stream.h
using PoolStreamRef = std::shared_ptr<PoolStream>;

void stream_add(PoolStream& stream, std::string packed);
// No more items; `failure` comes after the last one.
void stream_end(PoolStream& stream, std::exception_ptr failure);
// False: all have been there. Throws the item's error, or Timeout.
bool stream_next(PoolStream& stream, std::optional<std::chrono::nanoseconds> how_long,
                 const std::function<void(const msgpack::object&)>& take);

}  // namespace detail

template <class T>
class PoolResults {
 public:
  using Next =
      std::conditional_t<std::is_void_v<T>, bool, std::optional<std::conditional_t<std::is_void_v<T>, int, T>>>;

  explicit PoolResults(detail::PoolStreamRef stream) : stream_{std::move(stream)} {}

  Next next() { return take(std::nullopt); }
  template <class Rep, class Period>
  Next next(std::chrono::duration<Rep, Period> timeout) {
    return take(detail::saturated<std::chrono::nanoseconds>(timeout));
  }

  // One pass. An item's error is thrown by begin() or ++; begin() goes on behind it.
  class Iterator {
   public:
    using value_type =
        typename std::conditional_t<std::is_void_v<T>, std::type_identity<bool>, std::type_identity<T>>::type;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(PoolResults* results) : results_{results} { ++*this; }
    const value_type& operator*() const {
      if constexpr (std::is_void_v<T>)
        return current_;
      else
        return *current_;
    }
    Iterator& operator++() {
      current_ = results_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !current_; }

   private:
    PoolResults* results_;
    Next current_{};
  };
  Iterator begin() { return Iterator{this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  Next take(std::optional<std::chrono::nanoseconds> how_long) {
    if constexpr (std::is_void_v<T>) {
      return detail::stream_next(*stream_, how_long, [](const msgpack::object&) {});
    } else {
      Next value;
      detail::stream_next(*stream_, how_long, [&](const msgpack::object& packed) { value.emplace(packed.as<T>()); });
      return value;
    }
  }

  detail::PoolStreamRef stream_;
};

}  // namespace forkmill
