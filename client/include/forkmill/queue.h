// Queues between processes, on one machine or many: typed, bounded or not, first in, first out for each producer.
//
//     forkmill::Queue<std::string> lines{"lines", 100};     // at most 100 wait in it
//     lines.put("one");                                     // waits for room
//     auto line = lines.get(2s);                            // or throws Empty after two seconds
//
// SimpleQueue has the least; JoinableQueue also counts what has not been worked on. An item is any value that a task's
// argument could be (serialize.h); opening a queue with another type of element, or another size, is
// Error{object_differs}.
//
// Time limits are the broker's: exact to a millisecond or so; zero or less only tries; without one it takes as long as
// it does, also until a broker comes. Full and Empty end a wait that was in vain. Disconnected from put() says that it
// is not known whether the item went in.
//
// An item that get() has returned is this program's. One that get_leased() has returned goes back to the head of the
// queue when it is not acknowledged: by nack(), by dropping it, or because this process ends.
//
// Many at once: put_many() and get_many() take a round trip for each 256 KiB or 4,096 items; put_async() does not wait
// for its answer (at most 65,536 operations of a client may be without one: then Error{too_many_waiting}).
//
// Threads: every member may be called by any thread. Copies stand for the same queue, and close() is for all of them in
// this process: afterwards everything throws Error{object_closed}. A queue may be an argument of a task.
#pragma once

#include <forkmill/detail/object.h>
#include <forkmill/future.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// A queue of packed values.
class RawQueue : public Handle {
 public:
  // Items in the queue; tasks that were not reported done.
  std::int64_t qsize() const;
  bool empty() const { return qsize() == 0; }
  bool full() const { return maxsize() > 0 && qsize() >= maxsize(); }
  std::int64_t maxsize() const;  // 0: no limit
  void close() noexcept;
  bool closed() const;

 protected:
  RawQueue(std::string_view name, std::int64_t maxsize, std::uint64_t type, const ObjectOptions& options);
  RawQueue(const Ticket& ticket, std::uint64_t type);

  struct Got {
    std::int64_t lease = 0;
    std::vector<Bytes> values;
  };
  static constexpr std::size_t kAtOnce = 4096;
  static constexpr std::size_t kBytesAtOnce = 256 * 1024;

  void put_values(std::vector<std::string> values, Wait wait);
  Ref<RemoteState> put_later(std::string value, Wait wait);
  Got get_values(std::size_t most, bool lease, Wait wait) const;  // throws Empty
  Ref<RemoteState> get_later(Wait wait) const;
  void task_done_by(std::int64_t how_many);
  bool join_within(Wait wait) const;
  std::int64_t unfinished() const;
};

// What has been read on approval.
class LeaseOfItems {
 public:
  LeaseOfItems() = default;
  LeaseOfItems(std::shared_ptr<client::Object> queue, std::int64_t number)
      : queue_{std::move(queue)}, number_{number} {}
  LeaseOfItems(LeaseOfItems&& other) noexcept
      : queue_{std::move(other.queue_)}, number_{std::exchange(other.number_, 0)} {}
  LeaseOfItems& operator=(LeaseOfItems&& other) noexcept;
  ~LeaseOfItems();
  void settle(bool done);

 private:
  std::shared_ptr<client::Object> queue_;
  std::int64_t number_ = 0;
};

}  // namespace detail

// An item on approval. Movable; belongs to one thread at a time.
template <class T>
class Leased {
 public:
  Leased(T value, detail::LeaseOfItems lease) : value_{std::move(value)}, lease_{std::move(lease)} {}

  T& value() { return value_; }
  const T& value() const { return value_; }
  T& operator*() { return value_; }
  T* operator->() { return &value_; }

  // It is done with. Throws LeaseLost when it has been given to somebody else meanwhile.
  void ack() { lease_.settle(true); }
  // Back to the head of the queue, for somebody else; so does dropping it.
  void nack() { lease_.settle(false); }

 private:
  T value_;
  detail::LeaseOfItems lease_;
};

template <class T>
class Queue : public detail::RawQueue {
 public:
  using TravelsAsTicket = void;
  using Value = T;

  // maxsize: items that may wait; 0: as many as there is memory for. Negative: std::invalid_argument.
  explicit Queue(std::int64_t maxsize = 0, const ObjectOptions& options = {})
      : Queue{std::string_view{}, maxsize, options} {}
  explicit Queue(const ObjectOptions& options) : Queue{std::string_view{}, 0, options} {}
  explicit Queue(std::string_view name, std::int64_t maxsize = 0, const ObjectOptions& options = {})
      : RawQueue{name, maxsize, detail::type_hash<T>(), options} {}
  Queue(const detail::Ticket& ticket, detail::FromTicket) : RawQueue{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  void put(const T& item) { put_one(item, {}); }
  template <class Rep, class Period>
  void put(const T& item, std::chrono::duration<Rep, Period> timeout) {  // throws Full
    put_one(item, detail::within(timeout));
  }
  void put_nowait(const T& item) { put_one(item, detail::kAtOnce); }
  bool try_put(const T& item) {
    try {
      put_nowait(item);
      return true;
    } catch (const Full&) {
      return false;
    }
  }
  Future<void> put_async(const T& item) { return detail::task_future<void>(put_later(detail::pack_checked(item), {})); }

  // Everything in the range, in its order. With a time limit for each part that is sent, Full: the parts before it, and
  // as much of it as there was room for, are in the queue.
  template <std::ranges::input_range Range>
  void put_many(Range&& items) {
    put_range(items, {});
  }
  template <std::ranges::input_range Range, class Rep, class Period>
  void put_many(Range&& items, std::chrono::duration<Rep, Period> timeout) {
    put_range(items, detail::within(timeout));
  }

  T get() const { return get_one({}); }
  template <class Rep, class Period>
  T get(std::chrono::duration<Rep, Period> timeout) const {  // throws Empty
    return get_one(detail::within(timeout));
  }
  T get_nowait() const { return get_one(detail::kAtOnce); }
  std::optional<T> try_get() const { return get_or_none(detail::kAtOnce); }
  template <class Rep, class Period>
  std::optional<T> try_get(std::chrono::duration<Rep, Period> timeout) const {
    return get_or_none(detail::within(timeout));
  }
  Future<T> get_async() const { return detail::task_future<T>(get_later({})); }

  // At least one, at most so many, as many of them as are there.
  std::vector<T> get_many(std::size_t most) const { return get_several(most, {}); }
  template <class Rep, class Period>
  std::vector<T> get_many(std::size_t most, std::chrono::duration<Rep, Period> timeout) const {
    return get_several(most, detail::within(timeout));
  }

  Leased<T> get_leased() const { return lease({}); }
  template <class Rep, class Period>
  Leased<T> get_leased(std::chrono::duration<Rep, Period> timeout) const {
    return lease(detail::within(timeout));
  }

  // All items up to one that equals `last`, for a range-for: the producers put that one when they are done.
  //     for (const auto& line : lines.until("")) work(line);
  class Until {
   public:
    class Iterator {
     public:
      using value_type = T;
      using difference_type = std::ptrdiff_t;
      explicit Iterator(const Until* range) : range_{range} { ++*this; }
      const T& operator*() const { return *item_; }
      Iterator& operator++() {
        item_ = range_->queue_.get();
        return *this;
      }
      void operator++(int) { ++*this; }
      bool at_end() const { return *item_ == range_->last_; }
      friend bool operator==(const Iterator& at, std::default_sentinel_t) { return at.at_end(); }

     private:
      const Until* range_;
      std::optional<T> item_;
    };
    Until(Queue queue, T last) : queue_{std::move(queue)}, last_{std::move(last)} {}
    Iterator begin() const { return Iterator{this}; }
    std::default_sentinel_t end() const { return {}; }

   private:
    Queue queue_;
    T last_;
  };
  Until until(T last) const { return {*this, std::move(last)}; }

 private:
  void put_one(const T& item, detail::Wait wait) { put_values({detail::pack_checked(item)}, wait); }

  template <class Range>
  void put_range(Range& items, detail::Wait wait) {
    std::vector<std::string> batch;
    std::size_t bytes = 0;
    for (const auto& item : items) {
      batch.push_back(detail::pack_checked<T>(item));
      bytes += batch.back().size();
      if (batch.size() < kAtOnce && bytes < kBytesAtOnce) continue;
      put_values(std::exchange(batch, {}), wait);
      bytes = 0;
    }
    if (!batch.empty()) put_values(std::move(batch), wait);
  }

  T get_one(detail::Wait wait) const { return this->template decode<T>(get_values(1, false, wait).values.front()); }
  std::optional<T> get_or_none(detail::Wait wait) const {
    try {
      return get_one(wait);
    } catch (const Empty&) {
      return std::nullopt;
    }
  }
  std::vector<T> get_several(std::size_t most, detail::Wait wait) const {
    std::vector<T> items;
    if (most == 0) return items;
    const auto got = get_values(most, false, wait);
    items.reserve(got.values.size());
    for (const auto& value : got.values) items.push_back(this->template decode<T>(value));
    return items;
  }
  Leased<T> lease(detail::Wait wait) const {
    const auto got = get_values(1, true, wait);
    detail::LeaseOfItems lease{this->object_, got.lease};  // before decoding, which may throw
    return {this->template decode<T>(got.values.front()), std::move(lease)};
  }
};

// A queue that also knows when everything that was put into it has been worked on.
template <class T>
class JoinableQueue : public Queue<T> {
 public:
  using Queue<T>::Queue;

  // So many items that were got are done with. More than were put: Error{over_released}.
  void task_done(std::int64_t how_many = 1) { this->task_done_by(how_many); }
  // Until every item that was put is done with.
  void join() const { this->join_within({}); }
  // False when the time limit has passed first.
  template <class Rep, class Period>
  bool join(std::chrono::duration<Rep, Period> timeout) const {
    return this->join_within(detail::within(timeout));
  }
  std::int64_t unfinished() const { return detail::RawQueue::unfinished(); }
};

// Unbounded, and only what is needed most.
template <class T>
class SimpleQueue : private Queue<T> {
 public:
  using TravelsAsTicket = void;
  explicit SimpleQueue(const ObjectOptions& options = {}) : Queue<T>{std::string_view{}, 0, options} {}
  explicit SimpleQueue(std::string_view called, const ObjectOptions& options = {}) : Queue<T>{called, 0, options} {}
  SimpleQueue(const detail::Ticket& ticket, detail::FromTicket from) : Queue<T>{ticket, from} {}

  using Queue<T>::put;
  using Queue<T>::get;
  using Queue<T>::empty;
  using Queue<T>::close;
  using Queue<T>::name;
  using Queue<T>::remove;
  using Queue<T>::travel_ticket;
};

template <class T>
struct SignatureName<Queue<T>> {
  static std::string get() { return "forkmill.Queue<" + signature_of<T>() + ">"; }
};
template <class T>
struct SignatureName<JoinableQueue<T>> {
  static std::string get() { return "forkmill.JoinableQueue<" + signature_of<T>() + ">"; }
};
template <class T>
struct SignatureName<SimpleQueue<T>> {
  static std::string get() { return "forkmill.SimpleQueue<" + signature_of<T>() + ">"; }
};

}  // namespace forkmill
