// Values shared by many processes, on one machine or many: dicts, lists, namespaces, single values and arrays.
//
//     forkmill::Dict<std::string, int> stock{"stock"};          // one of this name for all clients of the broker
//     stock.set("apples", 100);
//     stock.add("apples", -1);                                  // atomic, whoever else does it
//     forkmill::Value<int> counter{"counter"};
//     counter.add(1);
//
//     forkmill::Manager manager;                                // or without names, for as long as this object lives
//     auto squares = manager.dict<int, int>();
//     client.submit(kSquare, squares, 12);
//
// Each member is one operation at the broker, which does one at a time; a read and a write after it are two. What has
// to be one: add, append, compare_and_set, setdefault, pop.
//
// Keys and values are what a task's argument may be. A handle, of a dict or anything else of the toolkit, may be a
// value: it stays live, because it is the name that is stored. (A value of Dict<K, List<V>> is read as a handle of the
// same list that was put in.) What it stands for must be kept: by a name, or by the Manager that made it.
//
// Threads: every member may be called by any thread; copies of a handle stand for the same object.
//
// Errors: UnknownKey, UnknownIndex; Rejected{payload_too_large} for a value over 64 MiB, or nested 64 deep;
// Error{value_differs} when something that is no number is added to; Error{object_differs} from a constructor when the
// name is that of another kind, or of other types; std::invalid_argument for a negative size; Error{object_unknown}
// after its Manager was shut down.
#pragma once

#include <forkmill/dict.h>
#include <forkmill/list.h>
#include <forkmill/queue.h>
#include <forkmill/sync.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace forkmill {

// Makes objects without names and keeps them until it is shut down or destroyed. Neither copyable nor movable.
// Thread-safe.
class Manager {
 public:
  explicit Manager(ObjectOptions options = {}) : options_{std::move(options)} {}
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  template <class K, class V>
  Dict<K, V> dict() {
    return keep(Dict<K, V>{options()});
  }
  template <class T>
  List<T> list() {
    return keep(List<T>{options()});
  }
  template <class T>
  List<T> list(const std::vector<T>& values) {
    auto made = list<T>();
    made.extend(values);
    return made;
  }
  Namespace ns() { return keep(Namespace{options()}); }
  template <class T>
  Value<T> value(const T& initial = {}) {
    return keep(Value<T>{initial, options()});
  }
  template <class T>
  Array<T> array(std::int64_t length) {
    return keep(Array<T>{length, options()});
  }
  template <class T>
  Array<T> array(const std::vector<T>& values) {
    return keep(Array<T>{values, options()});
  }
  template <class T>
  Queue<T> queue(std::int64_t maxsize = 0) {
    return keep(Queue<T>{maxsize, options()});
  }
  template <class T>
  JoinableQueue<T> joinable_queue(std::int64_t maxsize = 0) {
    return keep(JoinableQueue<T>{maxsize, options()});
  }
  Lock lock() { return keep(Lock{options()}); }
  RLock rlock() { return keep(RLock{options()}); }
  Semaphore semaphore(std::int64_t value = 1) { return keep(Semaphore{value, options()}); }
  BoundedSemaphore bounded_semaphore(std::int64_t value = 1) { return keep(BoundedSemaphore{value, options()}); }
  Event event() { return keep(Event{options()}); }
  Condition condition() { return keep(Condition{options()}); }
  Barrier barrier(std::int64_t parties) { return keep(Barrier{parties, {}, options()}); }

  // Removes everything that it made: whoever uses it from now on, anywhere, gets Error{object_unknown}; making
  // something is Error{object_closed}. Idempotent.
  void shutdown();

 private:
  ObjectOptions options() const;
  template <class H>
  H keep(H handle) {
    const std::unique_lock lock{mutex_};
    kept_.emplace_back(handle);
    return handle;
  }

  // What keeps an object from being removed: any handle of it.
  struct Kept : detail::Handle {
    explicit Kept(const detail::Handle& handle) : Handle{handle} {}
    using Handle::remove;
  };

  ObjectOptions options_;
  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
  bool down_ = false;
};

}  // namespace forkmill
