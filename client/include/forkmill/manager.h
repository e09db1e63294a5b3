// Manager, and what holds for all values shared by processes: Dict, Namespace (dict.h), List, Array, Value (list.h).
// The counterpart of Python's multiprocessing.Manager.
//
//     Dict        keys and values of one type each, in the order in which the keys were set
//     Namespace   named values of different types
//     List        a sequence of any length
//     Array       a sequence of a fixed length
//     Value       one value
//
// For example:
//
//     forkmill::Dict<std::string, int> stock{"stock"};          // one of this name for all clients of the broker
//     stock.set("apples", 100);
//     stock.add("apples", -1);                                  // atomic
//
//     forkmill::Manager manager;                                // or without names, for as long as this object lives
//     auto squares = manager.dict<int, int>();
//     squares.set(12, 144);
//     auto done = manager.event();
//
// The objects live at the broker; a handle stands for one of them. Copies of a handle are cheap and stand for the same
// object, and so does a handle that travels, as an argument of a task or as a value in another object. An object
// without a name goes with the last copy of the handle that made it (object_options.h).
//
// Blocking: each member is one operation, a round trip to the broker, and blocks until the answer comes, without a time
// limit; without a broker it blocks until that is back. Only wait_change() has a time limit.
//
// Atomicity: the broker does one operation at a time. A read and a write after it are two operations, between which
// another client may change the value. One operation each are add, append, compare_and_set, setdefault, insert, pop.
//
// Values: keys and values are types that could be arguments of a task (task.h), 64 MiB at most when packed and nested
// less than 64 deep. A handle of any object of the toolkit may be a value: its name is stored, so that every reader
// gets a handle of the same object. The object must be kept meanwhile: by a name, by a handle, or by the Manager that
// made it.
//
// Threads: every member may be called by any thread at any time. fork(): a child must not use the handles of its
// parent; they throw Disconnected.
//
// Errors of constructors: Error{object_differs} if the name is that of another kind of object, or of other types or
// another length; Error{name_invalid}; Error{too_many_objects}; those of ObjectOptions; Disconnected. Errors of all
// members: Error{object_unknown} if the object was removed, its Manager was shut down, or it was not durable and the
// broker was restarted; Rejected{payload_too_large}; Error{result_undecodable} for a stored value that is not of the
// handle's type; Disconnected{client_closed} once the client is closed; Disconnected{disconnected} if the broker has
// forgotten this client while the operation was under way: a change may have been made or not.
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

// Manager: makes objects without names, and keeps them until it is shut down or destroyed. Each maker returns a handle
// that may be copied and passed on freely. The makers block for a round trip; after shutdown() they throw
// Error{object_closed}. Neither copyable nor movable. Thread-safe, except for the destructor.
class Manager {
 public:
  // options: where the objects live; default_client() unless given.
  // Never blocks.
  // Python: mp.Manager()
  explicit Manager(const ObjectOptions& options = {}) : options_{options} {}
  // Does what shutdown() does; an error is logged.
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Makes an empty dict.
  // Python: m.dict()
  template <class K, class V>
  Dict<K, V> dict() {
    return keep(Dict<K, V>{options()});
  }
  // Make a list, empty or with these values.
  //
  //     forkmill::Manager manager;
  //     auto groups = manager.dict<std::string, forkmill::List<int>>();
  //     groups.set("even", manager.list<int>({2, 4}));            // a handle as a value
  //     groups.at("even").append(6);                              // the same list
  //
  // Python: m.list(), m.list(values)
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
  // Makes an empty namespace.
  // Python: m.Namespace()
  Namespace ns() { return keep(Namespace{options()}); }
  // Makes a value.
  // Python: m.Value(type, initial)
  template <class T>
  Value<T> value(const T& initial = {}) {
    return keep(Value<T>::unnamed(initial, options()));
  }
  // Make an array: of `length` elements that begin as T{}, or with these values.
  // Python: m.Array(type, values)
  template <class T>
  Array<T> array(std::int64_t length) {
    return keep(Array<T>{length, options()});
  }
  template <class T>
  Array<T> array(const std::vector<T>& values) {
    return keep(Array<T>{values, options()});
  }
  // Make a queue of at most maxsize items; 0: no limit.
  // Python: m.Queue(maxsize), m.JoinableQueue(maxsize)
  template <class T>
  Queue<T> queue(std::int64_t maxsize = 0) {
    return keep(Queue<T>{maxsize, options()});
  }
  template <class T>
  JoinableQueue<T> joinable_queue(std::int64_t maxsize = 0) {
    return keep(JoinableQueue<T>{maxsize, options()});
  }
  // Makes a lock that is not recursive, unlocked.
  // Python: m.Lock()
  Lock lock() { return keep(Lock{options()}); }
  // Makes a recursive lock, unlocked.
  // Python: m.RLock()
  RLock rlock() { return keep(RLock{options()}); }
  // Make a semaphore of `value` units, 0 or more. The value of the second one never exceeds that.
  // Throw std::invalid_argument if value is negative.
  // Python: m.Semaphore(value), m.BoundedSemaphore(value)
  Semaphore semaphore(std::int64_t value = 1) { return keep(Semaphore{value, options()}); }
  BoundedSemaphore bounded_semaphore(std::int64_t value = 1) { return keep(BoundedSemaphore{value, options()}); }
  // Makes an event, not set.
  // Python: m.Event()
  Event event() { return keep(Event{options()}); }
  // Make a condition with a recursive lock of its own, or with a given lock, a Lock or an RLock, which must be one of
  // this manager's broker.
  // Python: m.Condition(), m.Condition(lock)
  Condition condition() { return condition(rlock()); }
  Condition condition(const detail::AnyLock& lock) { return keep(Condition{lock, options()}); }
  // Make a barrier, with an action and a time limit or without (sync.h says which party runs the action).
  // Python: m.Barrier(parties, action, timeout)
  Barrier barrier(std::int64_t parties, Barrier::Action action = {}) {
    return keep(Barrier{parties, std::move(action), options()});
  }
  template <class Rep, class Period>
  Barrier barrier(std::int64_t parties, Barrier::Action action, std::chrono::duration<Rep, Period> timeout) {
    return keep(Barrier{parties, std::move(action), timeout, options()});
  }

  // Removes every object that this manager made: later uses, in any process, and present waiters get
  // Error{object_unknown}.
  // Blocks for a round trip each. May be repeated.
  // Throws Disconnected if the client was closed or forgotten by the broker.
  // Python: m.shutdown()
  void shutdown();

 private:
  ObjectOptions options() const;  // throws Error{object_closed} after shutdown()
  template <class H>
  H keep(H handle) {
    const std::unique_lock lock{mutex_};
    kept_.emplace_back(handle);
    return handle;
  }

  // A handle of any kind, which keeps its object.
  struct Kept : detail::Handle {
    // Another handle of the same object.
    explicit Kept(const detail::Handle& handle) : Handle{handle} {}
    using Handle::remove;
  };

  ObjectOptions options_;
  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
  bool down_ = false;
};

}  // namespace forkmill
