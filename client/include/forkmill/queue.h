// Queues between processes, on one machine or many: typed, bounded or not, first in, first out for each producer. The
// counterparts of Python's multiprocessing.Queue, JoinableQueue and SimpleQueue.
//
//     Queue           put, get, many at once, on approval; with or without a limit
//     JoinableQueue   also knows when every item is done with
//     SimpleQueue     put, get and empty, without a limit
//
// For example:
//
//     forkmill::Queue<std::string> names{"names", 100};     // at most 100 items wait in it
//     names.put("one");                                     // waits for room
//     auto name = names.get(2s);                            // or throws Empty after two seconds
//
// The queue lives at the broker; a handle here stands for it. Copies of a handle, and handles that travel (as an
// argument of a task, as an item of another queue …), stand for the same queue. A queue without a name goes with the
// last copy of the handle that made it (object_options.h). A moved-from handle throws std::logic_error.
//
// Items are values that could be arguments of a task (task.h): 64 MiB at most when packed, and nested less than 64
// deep, else Rejected{payload_too_large}. A queue holds at most 1 GiB, and then counts as full. The broker compares the
// type of the elements between all handles of a queue.
//
// Complexity at the broker: constant for each item put or got. Waiters are served in the order of their arrival:
// putters when there is room, getters when there are items.
//
// Blocking and time limits: every operation is a round trip to the broker, constructors too. Time limits are kept by
// the broker, to about a millisecond; zero or less tries once. Without a broker, an operation without a time limit
// blocks until it is back, and one with a limit ends 1 to 2 seconds after it.
//
// An item that get() has returned is this program's alone; it is lost if the program dies. An item of get_leased() goes
// back to its place at the head of the queue unless it is acknowledged. An item whose get() had already given up when
// it arrived is kept for the next get() of this client.
//
// Threads: every member may be called by any thread at any time. fork(): a child must not use the handles of its
// parent; they throw Disconnected.
//
// Errors of constructors: Error{object_differs} if the name is that of another kind of object, or of a queue with
// another element type or another maxsize; Error{name_invalid}; Error{too_many_objects}; those of ObjectOptions;
// Disconnected. Errors of all members: Error{object_closed} after close(); Error{object_unknown} if the queue was
// removed, or was not durable and the broker was restarted; Disconnected{client_closed} once the client is closed;
// Disconnected{disconnected} if the broker has forgotten this client while the operation was under way: an item may
// have been put or not. The comments below name further ones.
#pragma once

#include <forkmill/detail/element.h>
#include <forkmill/detail/object.h>
#include <forkmill/detail/snapshot.h>
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

// RawQueue: a queue of packed values; the members that need no type.
class RawQueue : public Handle {
 public:
  // Number of items in the queue, exact at that moment; leased ones do not count. Asks the broker.
  // Python: q.qsize()
  std::int64_t qsize() const;
  // Whether the queue has no item, or has maxsize() items, at that moment. Ask the broker. A queue without a limit is
  // never full.
  // Python: q.empty(), q.full()
  bool empty() const { return qsize() == 0; }
  bool full() const { return maxsize() > 0 && qsize() >= maxsize(); }
  // Number of items that may wait; 0: no limit.
  // Never blocks.
  std::int64_t maxsize() const;
  // Closes this handle and its copies in this process: later calls throw Error{object_closed}. The queue and its items
  // stay.
  // Never blocks: items of put() are in the queue already. May be repeated.
  // Python: q.close(), q.join_thread()
  void close();
  // Whether close() was called.
  bool closed() const;
  // For wait() of wait_ready.h.
  std::shared_ptr<Readiness> readiness() const;

 protected:
  RawQueue(std::string_view name, std::int64_t maxsize, std::uint64_t type, const ObjectOptions& options);
  RawQueue(const Ticket& ticket, std::uint64_t type);

  struct Got {
    std::int64_t lease = 0;  // 0: not leased
    std::vector<Bytes> values;
  };
  // Size of the parts that put_many() sends.
  static constexpr std::size_t kAtOnce = 4096;
  static constexpr std::size_t kBytesAtOnce = 256 * 1024;

  void put_values(std::vector<std::string> values, Wait wait);  // throws Full
  Ref<RemoteState> put_later(std::string value, Wait wait);
  Got get_values(std::size_t most, bool lease, Wait wait) const;  // throws Empty
  Ref<RemoteState> get_later(Wait wait) const;
  void task_done_by(std::int64_t how_many);
  bool join_within(Wait wait) const;
  std::int64_t unfinished() const;
};

// LeaseOfItems: the right to items that were read on approval. Gives them back when destroyed, without waiting.
class LeaseOfItems {
 public:
  // No lease; or the lease `number` of the queue.
  LeaseOfItems() = default;
  LeaseOfItems(std::shared_ptr<client::Object> queue, std::int64_t number)
      : queue_{std::move(queue)}, number_{number} {}
  LeaseOfItems(LeaseOfItems&& other) noexcept
      : queue_{std::move(other.queue_)}, number_{std::exchange(other.number_, 0)} {}
  LeaseOfItems& operator=(LeaseOfItems&& other) noexcept;
  ~LeaseOfItems();
  // Ends the lease: the items are done with, or go back.
  // Throws Error{over_released} if it was settled before, std::logic_error if it was moved from.
  void settle(bool done);

 private:
  std::shared_ptr<client::Object> queue_;
  std::int64_t number_ = 0;
};

}  // namespace detail

// Leased<T>: an item on approval, from Queue::get_leased(). Unless it is acknowledged, the item goes back to its place
// in the queue, before all items that were put later: by nack(), by destroying the Leased, or when the session of this
// client ends. Python has no counterpart.
//
//     auto item = lines.get_leased();
//     work(*item);
//     item.ack();
//
// Movable; belongs to one thread at a time.
template <class T>
class Leased {
 public:
  // For the library.
  Leased(T value, detail::LeaseOfItems lease) : value_{std::move(value)}, lease_{std::move(lease)} {}

  // The item. Valid also after ack().
  T& value() { return value_; }
  const T& value() const { return value_; }
  T& operator*() { return value_; }
  T* operator->() { return &value_; }

  // Tells the queue that the item is done with, and waits for the answer.
  // Throws LeaseLost if the item went back meanwhile, because this client was out of reach for too long: another client
  // may have it.
  // Throws Error{over_released} after ack() or nack(), std::logic_error if this was moved from.
  void ack() { lease_.settle(true); }
  // Gives the item back, and waits for the answer.
  // Throws as ack() does.
  void nack() { lease_.settle(false); }

 private:
  T value_;
  detail::LeaseOfItems lease_;
};

// Queue<T>: see the head of this file.
template <class T>
class Queue : public detail::RawQueue {
 public:
  // Marks types whose handles travel (detail/object.h).
  using TravelsAsTicket = void;
  // Type of an item.
  using Value = T;

  // Opens the queue of this name, or makes it, empty. Without a name: makes one of its own. maxsize: number of items
  // that may wait; 0: no limit. All handles of a queue name the same maxsize.
  // Throws std::invalid_argument if it is negative.
  // Python: mp.Queue(maxsize)
  explicit Queue(std::int64_t maxsize = 0, const ObjectOptions& options = {})
      : Queue{std::string_view{}, maxsize, options} {}
  explicit Queue(const ObjectOptions& options) : Queue{std::string_view{}, 0, options} {}
  explicit Queue(std::string_view name, std::int64_t maxsize = 0, const ObjectOptions& options = {})
      : RawQueue{name, maxsize, detail::type_hash<T>(), options} {}
  // For the library: opens the queue that a ticket names, and the ticket of this one.
  Queue(const detail::Ticket& ticket, detail::FromTicket) : RawQueue{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  // Puts an item at the end of the queue; when put() returns, the item is there (on disk, in a durable queue). The
  // first form blocks until there is room. The second waits `timeout` at most and then throws Full, with nothing put.
  // Python: q.put(item), q.put(item, timeout=1)
  void put(const T& item) { put_one(item, {}); }
  template <class Rep, class Period>
  void put(const T& item, std::chrono::duration<Rep, Period> timeout) {
    put_one(item, detail::within(timeout));
  }
  // put() with a time limit of zero: put_nowait() throws Full if there is no room, try_put() returns false.
  // Python: q.put_nowait(item)
  void put_nowait(const T& item) { put_one(item, detail::kAtOnce); }
  bool try_put(const T& item) {
    try {
      put_nowait(item);
      return true;
    } catch (const Full&) {
      return false;
    }
  }
  // put() as a future. Returns at once; items of one thread enter in the order of the calls. At most 65,536 operations
  // of a client may be without an answer: the future of a further one ends with Error{too_many_waiting}.
  Future<void> put_async(const T& item) { return detail::task_future<void>(put_later(detail::pack_checked(item), {})); }

  // Puts all items of a range in its order, in parts of up to 4,096 items or 256 KiB, each of which is a round trip.
  // The first form blocks until all are in the queue. The second waits `timeout` at most for each part and then throws
  // Full, whose text says how many items of that part went in; they and the parts before stay. What the range throws
  // passes through. Items are converted to T; a conversion that could lose a value does not compile, and
  // std::out_of_range is thrown for an integer that T cannot hold.
  //
  //     lines.put_many(paths);
  template <std::ranges::input_range Range>
  void put_many(Range&& items) {
    put_range(items, {});
  }
  template <std::ranges::input_range Range, class Rep, class Period>
  void put_many(Range&& items, std::chrono::duration<Rep, Period> timeout) {
    put_range(items, detail::within(timeout));
  }

  // Takes the first item out of the queue and returns it. The first form blocks until there is an item. The second
  // waits `timeout` at most and then throws Empty.
  // Throws Error{result_undecodable} for an item that is not a T; the item is gone then.
  // Python: q.get(), q.get(timeout=1)
  T get() const { return get_one({}); }
  template <class Rep, class Period>
  T get(std::chrono::duration<Rep, Period> timeout) const {
    return get_one(detail::within(timeout));
  }
  // get() with a time limit of zero: throws Empty if there is no item.
  // Python: q.get_nowait()
  T get_nowait() const { return get_one(detail::kAtOnce); }
  // get() that returns nothing, instead of throwing Empty, when there is no item at once or within `timeout`.
  //
  //     while (auto line = lines.try_get(1s)) work(*line);
  std::optional<T> try_get() const { return get_or_none(detail::kAtOnce); }
  template <class Rep, class Period>
  std::optional<T> try_get(std::chrono::duration<Rep, Period> timeout) const {
    return get_or_none(detail::within(timeout));
  }
  // get() as a future, without a time limit. The item belongs to the future: it is lost if the future is dropped.
  //
  //     lines.get_async().then([](const std::string& line) { work(line); });
  Future<T> get_async() const { return detail::task_future<T>(get_later({})); }

  // Takes up to `most` items, those that are there, at least one, in one round trip: no more than 1,024 items or about
  // 256 KiB at once. Waits for the first item, `timeout` at most, and then throws Empty. Zero for `most` returns none
  // at once.
  // Throws Error{result_undecodable} if one of them is not a T; all of them are gone then.
  //
  //     for (const auto& line : lines.get_many(100)) work(line);
  std::vector<T> get_many(std::size_t most) const { return get_several(most, {}); }
  template <class Rep, class Period>
  std::vector<T> get_many(std::size_t most, std::chrono::duration<Rep, Period> timeout) const {
    return get_several(most, detail::within(timeout));
  }

  // get() on approval: the item goes back unless it is acknowledged (Leased).
  // Throws Empty after `timeout`, and Error{result_undecodable} for an item that is not a T, which goes back.
  Leased<T> get_leased() const { return lease({}); }
  template <class Rep, class Period>
  Leased<T> get_leased(std::chrono::duration<Rep, Period> timeout) const {
    return lease(detail::within(timeout));
  }

  // Cannot be walked through: it does not know which item is the last.
  template <class U = T>
  detail::NoWalk<T> begin() const {
    static_assert(detail::kNever<U>, "a Queue has no last item to walk to: use until(last), get() or try_get()");
    return {};
  }
  detail::NoWalk<T> end() const { return {}; }
  // All items up to one that equals `last`, as a range for one pass: producers put that item when they are done. The
  // counterpart of Python's iter(queue.get, last).
  //
  //     for (const auto& line : lines.until("")) work(line);
  class Until {
   public:
    // An input iterator that calls get(): ++ and begin() block, and throw what get() throws.
    class Iterator {
     public:
      // As std::input_iterator wants them.
      using value_type = T;
      using difference_type = std::ptrdiff_t;
      // Takes the first item.
      explicit Iterator(const Until* range) : range_{range} { ++*this; }
      // The current item; valid until the next ++.
      const T& operator*() const { return *item_; }
      // Takes the next item.
      Iterator& operator++() {
        item_ = range_->queue_.get();
        return *this;
      }
      void operator++(int) { ++*this; }
      // Whether the current item is the last one.
      bool at_end() const { return *item_ == range_->last_; }
      friend bool operator==(const Iterator& at, std::default_sentinel_t) { return at.at_end(); }

     private:
      const Until* range_;
      std::optional<T> item_;
    };
    // Keeps a handle of the queue.
    Until(Queue queue, T last) : queue_{std::move(queue)}, last_{std::move(last)} {}
    Iterator begin() const { return Iterator{this}; }
    std::default_sentinel_t end() const { return {}; }

   private:
    Queue queue_;
    T last_;
  };
  // Returns that range. T must be comparable by ==.
  Until until(T last) const { return {*this, std::move(last)}; }

 private:
  void put_one(const T& item, detail::Wait wait) { put_values({detail::pack_checked(item)}, wait); }

  template <class Range>
  void put_range(Range& items, detail::Wait wait) {
    static_cast<void>(this->object());  // throws if the handle is empty
    std::vector<std::string> batch;
    std::size_t bytes = 0;
    for (const auto& item : items) {
      batch.push_back(detail::pack_checked<T>(detail::convert_element<T>(item)));
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
    static_cast<void>(this->object());  // throws if the handle is empty
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

// JoinableQueue<T>: a queue that also counts the items that are not done with, so that join() can wait for all of them.
//
//     forkmill::JoinableQueue<std::string> jobs{"jobs"};
//     work(jobs.get());
//     jobs.task_done();                                    // once for each item that was got; elsewhere: jobs.join()
template <class T>
class JoinableQueue : public Queue<T> {
 public:
  using Queue<T>::Queue;

  // Reports that how_many items that were got are done with.
  // Throws std::invalid_argument if how_many is less than 1, Error{over_released} if more are reported than were put.
  // Python: q.task_done()
  void task_done(std::int64_t how_many = 1) { this->task_done_by(how_many); }
  // Blocks until every item that was put is done with. Returns at once if there was none.
  // Python: q.join()
  void join() const { this->join_within({}); }
  // The same with a time limit: returns false when it has passed first.
  template <class Rep, class Period>
  bool join(std::chrono::duration<Rep, Period> timeout) const {
    return this->join_within(detail::within(timeout));
  }
  // Number of items that were put and are not reported done. Asks the broker.
  std::int64_t unfinished() const { return detail::RawQueue::unfinished(); }
};

// SimpleQueue<T>: a queue without a limit and with few members.
template <class T>
class SimpleQueue : private Queue<T> {
 public:
  using TravelsAsTicket = void;
  // As Queue's.
  explicit SimpleQueue(const ObjectOptions& options = {}) : Queue<T>{std::string_view{}, 0, options} {}
  explicit SimpleQueue(std::string_view called, const ObjectOptions& options = {}) : Queue<T>{called, 0, options} {}
  SimpleQueue(const detail::Ticket& ticket, detail::FromTicket from) : Queue<T>{ticket, from} {}

  // The members of Queue that it has.
  using Queue<T>::put;
  using Queue<T>::get;
  using Queue<T>::empty;
  using Queue<T>::close;
  using Queue<T>::begin;
  using Queue<T>::end;
  using Queue<T>::name;
  using Queue<T>::readiness;
  using Queue<T>::remove;
  using Queue<T>::travel_ticket;
};

// Names of these types in signatures of tasks.
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
