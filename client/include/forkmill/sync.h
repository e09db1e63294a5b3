// Locks, semaphores, events, conditions and barriers between processes, on one machine or many. The counterparts of
// Python's multiprocessing.Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition and Barrier.
//
//     Lock               one holder at a time
//     RLock              the same, but the holding thread may acquire it again
//     Semaphore          at most `value` holders at a time
//     BoundedSemaphore   the same, and releasing more than was acquired is an error
//     Event              a flag that can be waited for
//     Condition          waits, with a lock held, for a change that others make under it
//     Barrier            blocks until a number of threads have arrived
//
// For example:
//
//     forkmill::Lock lock{"db"};                       // one of this name for all clients of the broker
//     {
//       std::lock_guard hold{lock};                    // or lock.guard(), lock.acquire(2s), lock.try_lock()
//       std::cout << lock.token();                     // rises with each owner: a store can refuse an older one
//     }
//
// Queues are in queue.h, pipes in pipe.h, shared dicts and lists in manager.h, processes in process.h.
//
// The objects live at the broker; a handle here stands for one of them. A handle that is made without a client belongs
// to default_client(): the broker of FORKMILL_BROKER, or local:// after local_main(), and never another broker of this
// machine by itself; forkmill::Lock{"db", client} belongs to `client` (object_options.h). All programs that name an
// object "db" at one broker have the same one, on whichever machine they run. Copies of a handle are cheap and stand
// for the same object, and so does a handle that travels: as an argument or result of a task, as an item of a queue, as
// a value of a dict. A task that takes one is a forkmill::Task<void(forkmill::Lock)>. All handles of one object at one
// client share what is held: a lock that was acquired through one of them is released through any. A handle without a
// name makes an object of its own, which goes with its last copy here, or with its client (object_options.h). Keep it
// until the tasks that got it have ended; else reading the argument throws Error{object_unknown}. A moved-from handle
// is empty: its members throw std::logic_error.
//
// Each handle that arrives is opened with a round trip. For many items, open it by name once per process: in a
// `static`, or in PoolOptions::initializer.
//
// Every operation is a round trip to the broker and blocks until the answer comes, constructors too; the _async members
// return a future instead. A waiter is woken by a message, and nothing polls. Waiters are served in the order of their
// arrival. Time limits are kept by the broker, to about a millisecond; zero or less tries once. Without a broker,
// operations without a time limit block until it is back; those with one end 1 to 2 seconds after the limit.
//
// A client holds what it has acquired until it releases it or its session ends: at once when its process exits normally
// or a worker's supervisor reports its death, else after the broker's session timeout (10 s). The next waiter then gets
// it, with a higher fencing token, and release() of the former holder throws LeaseLost. (In Python, the waiters of a
// holder that was killed wait forever.) What is held stays held when its handles go and when the task that acquired it
// ends: a worker's child keeps its client from task to task. Use a guard.
//
// Threads: every member may be called by any thread at any time. A Lock may be released by another thread or process
// than the one that acquired it; an RLock belongs to the thread that acquired it. fork(): a child must not use the
// handles of its parent; they throw Disconnected.
//
// Errors of constructors: Error{object_differs} if the name is that of another kind of object, or of one with another
// number of parties or another initial value; Error{name_invalid}; Error{too_many_objects}; std::invalid_argument for a
// number that makes no sense; those of ObjectOptions; Disconnected. Errors of all members: Error{object_unknown} if the
// object was removed, or was not durable and the broker was restarted; Disconnected{client_closed} once the client is
// closed; Disconnected{disconnected} if the broker has forgotten this client while the operation was under way: it may
// have been done or not. The comments below name further ones.
#pragma once

#include <forkmill/detail/object.h>
#include <forkmill/future.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace forkmill {

namespace detail {

// The members that Lock, RLock and the semaphores share.
class Acquirable : public Handle {
 public:
  // Acquires the object. The first form blocks until it is acquired and returns true. The second waits `timeout` at
  // most, and returns whether it was acquired; zero or less tries once.
  //
  //     forkmill::Lock printer{"printer"};
  //     if (printer.acquire(2s)) {
  //       std::lock_guard hold{printer, std::adopt_lock};
  //       std::cout << "printing";
  //     }
  //
  // Python: lock.acquire(), lock.acquire(timeout=1)
  bool acquire() { return acquire_within({}); }
  template <class Rep, class Period>
  bool acquire(std::chrono::duration<Rep, Period> timeout) {
    return acquire_within(within(timeout));
  }
  // acquire() with a time limit of zero. (Python's acquire(block=False).)
  bool try_acquire() { return acquire_within(kAtOnce); }
  // acquire() as a future: of true, or of false when the time limit has passed. The calling thread is the holder. The
  // object stays acquired if the future is dropped.
  //
  //     forkmill::Lock door{"door"};
  //     door.acquire_async(10s).then([door](bool acquired) mutable {
  //       if (acquired) door.release();
  //     });
  Future<bool> acquire_async() { return acquire_later({}); }
  template <class Rep, class Period>
  Future<bool> acquire_async(std::chrono::duration<Rep, Period> timeout) {
    return acquire_later(within(timeout));
  }

  // The same under the names that std::lock_guard, std::unique_lock and std::scoped_lock use (Lockable, TimedLockable).
  void lock() { acquire_within({}); }
  bool try_lock() { return try_acquire(); }
  template <class Rep, class Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> timeout) {
    return acquire(timeout);
  }
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> moment) {
    return acquire(moment - Clock::now());
  }
  // Releases the object once, as release() does. Guards call it where nothing may be thrown, so an error is logged
  // instead, LeaseLost too.
  void unlock() noexcept;

 protected:
  using Handle::Handle;
  bool acquire_within(Wait wait);  // false: timed out
  Future<bool> acquire_later(Wait wait);
  void release_one();
};

// The members that Lock and RLock share.
class AnyLock : public Acquirable {
 public:
  // Releases the lock once; the next waiter gets it.
  // Throws Error{over_released} if no client holds it, Error{not_held} if another thread or client holds this RLock,
  // or a client with the key of another principal this Lock, LeaseLost if it was taken away from this client meanwhile.
  // Python: lock.release()
  void release() { release_one(); }
  // The fencing token of this ownership; rises with each owner of the lock, in any client. 0 while the lock is not held
  // by this client, and once it is lost.
  // Never blocks. Let the resource that the lock protects refuse a token below the highest that it has seen.
  std::int64_t token() const;

 protected:
  using Acquirable::Acquirable;
};

}  // namespace detail

// Lock: at most one holder at a time. Not recursive: a thread that acquires it twice deadlocks.
class Lock : public detail::AnyLock {
 public:
  // Marks types whose handles travel (detail/object.h).
  using TravelsAsTicket = void;
  // Opens the lock of this name, or makes it, unlocked. Without a name: makes one of its own.
  // Python: mp.Lock()
  explicit Lock(const ObjectOptions& options = {}) : Lock{std::string_view{}, options} {}
  explicit Lock(std::string_view name, const ObjectOptions& options = {});
  // For the library: opens the lock that a ticket names, and the ticket of this one.
  Lock(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  // Acquires the lock, blocking, and returns a guard that releases it.
  //
  //     forkmill::Lock lock{"db"};
  //     const auto hold = lock.guard();                          // released at the end of the scope
  [[nodiscard]] std::unique_lock<Lock> guard() { return std::unique_lock{*this}; }
  // Whether any client holds the lock now. Asks the broker.
  bool locked() const;
};

// RLock: a recursive lock. Its holder, one thread of one client, may acquire it again and must release it as often.
class RLock : public detail::AnyLock {
 public:
  using TravelsAsTicket = void;
  // Opens the lock of this name, or makes it, unlocked. Without a name: makes one of its own.
  // Python: mp.RLock()
  explicit RLock(const ObjectOptions& options = {}) : RLock{std::string_view{}, options} {}
  explicit RLock(std::string_view name, const ObjectOptions& options = {});
  // For the library: the lock of this name that goes with another object, and is removed with it.
  RLock(std::string_view name, const client::Object& with);
  RLock(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  // Acquires the lock, blocking, and returns a guard that releases it once.
  [[nodiscard]] std::unique_lock<RLock> guard() { return std::unique_lock{*this}; }
  // Whether any thread of any client holds the lock now. Asks the broker.
  bool locked() const;
};

// Semaphore: a number of units; at most `value` holders at a time, unless more are released than were acquired.
//
//     forkmill::Semaphore licenses{"licenses", 4};
//     const auto licence = licenses.guard();            // the fifth holder waits here
//
// Units belong to the client that acquired them: they come back when its session ends. Those of a semaphore made with
// ObjectOptions::kept() come back only when it is lost, as when its process is killed, and stay acquired, as in Python,
// when it exits normally.
class Semaphore : public detail::Acquirable {
 public:
  using TravelsAsTicket = void;
  // Opens the semaphore of this name, or makes it with `value` units, 0 or more. A name that is in use must have been
  // made with the same value (Error{object_differs}).
  // Throws std::invalid_argument if value is negative.
  // Python: mp.Semaphore(value)
  explicit Semaphore(std::int64_t value = 1, const ObjectOptions& options = {})
      : Semaphore{std::string_view{}, value, options} {}
  explicit Semaphore(std::string_view name, std::int64_t value = 1, const ObjectOptions& options = {});
  // For the library.
  Semaphore(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  // Releases how_many units; waiters get them. Units that this client has acquired come first, those of the calling
  // thread before those of others; the rest are new units, which raise the value.
  // Throws std::invalid_argument if how_many is less than 1; LeaseLost if one of the units was taken away from this
  // client meanwhile, and then releases none; Error{over_released} beyond the initial value of a BoundedSemaphore.
  //
  //     forkmill::Semaphore items{"items", 0};
  //     items.release(3);                                         // three waiters go on
  //
  // Python: s.release(how_many)
  void release(std::int64_t how_many = 1);
  // Number of units that can be acquired now. Asks the broker.
  // Python: s.get_value()
  std::int64_t value() const;
  // Acquires one unit, blocking, and returns a guard that releases it.
  [[nodiscard]] std::unique_lock<Semaphore> guard() { return std::unique_lock{*this}; }

 protected:
  Semaphore(std::string_view name, std::int64_t value, std::int64_t flags, const ObjectOptions& options);
};

// BoundedSemaphore: a Semaphore whose value never exceeds the initial one; a release too many throws
// Error{over_released}. A name stands for a bounded or for an unbounded semaphore, never for both.
class BoundedSemaphore : public Semaphore {
 public:
  // As Semaphore's.
  // Python: mp.BoundedSemaphore(value)
  explicit BoundedSemaphore(std::int64_t value = 1, const ObjectOptions& options = {})
      : BoundedSemaphore{std::string_view{}, value, options} {}
  explicit BoundedSemaphore(std::string_view name, std::int64_t value = 1, const ObjectOptions& options = {});
  // For the library.
  BoundedSemaphore(const detail::Ticket& ticket, detail::FromTicket from) : Semaphore{ticket, from} {}
};

// Event: a flag that processes wait for.
//
//     forkmill::Event green{"green"};
//     if (green.wait(10s)) std::cout << "go";           // elsewhere: green.set()
class Event : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  // Opens the event of this name, or makes it, not set. Without a name: makes one of its own.
  // Python: mp.Event()
  explicit Event(const ObjectOptions& options = {}) : Event{std::string_view{}, options} {}
  explicit Event(std::string_view name, const ObjectOptions& options = {});
  // For the library.
  Event(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  // Sets the flag: every waiter goes on, and later waits return at once.
  // Python: e.set()
  void set();
  // Clears the flag.
  // Python: e.clear()
  void clear();
  // The flag. Asks the broker.
  // Python: e.is_set()
  bool is_set() const;
  // Blocks until the flag is set and returns true. The second form waits `timeout` at most, and returns whether the
  // flag was set; zero or less only looks.
  // Python: e.wait(), e.wait(timeout)
  bool wait() const { return wait_within({}); }
  template <class Rep, class Period>
  bool wait(std::chrono::duration<Rep, Period> timeout) const {
    return wait_within(detail::within(timeout));
  }
  // wait() as a future: of true, or of false when the time limit has passed.
  Future<bool> wait_async() const { return wait_later({}); }
  template <class Rep, class Period>
  Future<bool> wait_async(std::chrono::duration<Rep, Period> timeout) const {
    return wait_later(detail::within(timeout));
  }
  // For wait() of wait_ready.h.
  std::shared_ptr<detail::Readiness> readiness() const;

 private:
  bool wait_within(detail::Wait wait) const;
  Future<bool> wait_later(detail::Wait wait) const;
};

// Condition: waits, with a lock held, for something that others change under the same lock.
//
//     forkmill::Condition changed{"stock"};
//     forkmill::Value<int> stock{"stock:count"};
//     const auto hold = changed.guard();
//     changed.wait_for([&] { return stock.get() > 0; });     // gives up the lock while it waits
//     stock.add(-1);
//
// The other side changes the value with the lock held and calls notify(). A notification is not stored: it wakes
// clients that wait at that moment. A wait ends with a notification or its time limit; there are no spurious wakeups.
class Condition : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  // Opens the condition of this name, or makes it, with a recursive lock of its own, which has the name "<name>:lock"
  // and is removed with it. Python: mp.Condition()
  explicit Condition(const ObjectOptions& options = {}) : Condition{std::string_view{}, options} {}
  explicit Condition(std::string_view name, const ObjectOptions& options = {});
  // The same with a given lock, a Lock or an RLock, at the lock's client: of the options, all but the client count, and
  // durable() only for a durable lock. A name that is in use must have been made with the same lock
  // (Error{object_differs}).
  // Python: mp.Condition(lock)
  explicit Condition(const detail::AnyLock& lock, const ObjectOptions& options = {})
      : Condition{std::string_view{}, lock, options} {}
  Condition(std::string_view name, const detail::AnyLock& lock, const ObjectOptions& options = {});
  // For the library. The ticket names the lock too.
  Condition(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const;

  // Acquire and release the lock, as the lock's own members do. guard() returns a guard that releases it.
  bool acquire() { return lock_.acquire(); }
  template <class Rep, class Period>
  bool acquire(std::chrono::duration<Rep, Period> timeout) {
    return lock_.acquire(timeout);
  }
  void release() { lock_.release(); }
  void lock() { lock_.lock(); }
  bool try_lock() { return lock_.try_lock(); }
  void unlock() noexcept { lock_.unlock(); }
  [[nodiscard]] std::unique_lock<Condition> guard() { return std::unique_lock{*this}; }

  // Releases the lock, as often as it is held, blocks until a notification comes or `timeout` has passed, and acquires
  // the lock as often again before it returns, however long that takes (also when the broker is away). Returns true for
  // a notification. Zero or less releases the lock for a moment.
  // Throws Error{not_held} if this thread does not hold the lock, and Error{object_unknown} if the lock was removed;
  // the lock is not held then.
  // Python: c.wait(), c.wait(timeout)
  bool wait() { return wait_within({}); }
  template <class Rep, class Period>
  bool wait(std::chrono::duration<Rep, Period> timeout) {
    return wait_within(detail::within(timeout));
  }
  // Waits until predicate() returns true, or until `timeout` has passed. Returns the predicate's last value. The
  // predicate is called with the lock held, at least once; what it throws passes through.
  //
  //     forkmill::Condition changed{"stock"};
  //     bool empty = true;
  //     const auto hold = changed.guard();
  //     bool filled = changed.wait_for([&] { return !empty; }, 5s);    // false: still empty after five seconds
  //
  // Python: c.wait_for(predicate, timeout)
  template <std::predicate P>
  bool wait_for(P&& predicate) {
    while (!predicate()) wait();
    return true;
  }
  template <std::predicate P, class Rep, class Period>
  bool wait_for(P&& predicate, std::chrono::duration<Rep, Period> timeout) {
    const auto deadline = detail::deadline_after(detail::saturated<std::chrono::nanoseconds>(timeout));
    bool holds = predicate();
    while (!holds) {
      const auto left = deadline ? *deadline - std::chrono::steady_clock::now() : std::chrono::nanoseconds::max();
      if (left <= std::chrono::nanoseconds{0}) break;
      wait(left);
      holds = predicate();
    }
    return holds;
  }
  // Wake at most how_many of the present waiters, or all of them, in the order of their arrival. Each goes on when it
  // has the lock again. Return the number of waiters that were woken; 0 wakes none.
  // Throw Error{not_held} if this thread does not hold the lock, std::invalid_argument if how_many is negative.
  // Python: c.notify(how_many), c.notify_all()
  std::int64_t notify(std::int64_t how_many = 1);
  std::int64_t notify_all();

 private:
  // The lock: a Lock or an RLock, which are used alike.
  class Own : public detail::AnyLock {
   public:
    using AnyLock::AnyLock;
    // Empty, until assigned; or another handle of the given lock.
    Own() = default;
    explicit Own(const detail::AnyLock& lock) : AnyLock{lock} {}
    using Handle::ticket;
    // Waits on the condition and keeps account of how often the lock is held.
    bool wait_on(client::Object& condition, detail::Wait wait);
    // The lock as an object.
    client::Object& shared() const { return object(); }
  };

  bool wait_within(detail::Wait wait);

  Own lock_;
};

// Barrier: blocks until `parties` threads have called wait(), then releases them all. It can be used again at once.
//
//     forkmill::Barrier barrier{"round", 3, [] { std::cout << "all are here"; }};
//     if (barrier.wait(60s) == 0) std::cout << "the last to arrive";
//
// A barrier breaks when a waiter reaches its time limit before all have arrived, when a waiter dies, when the action
// throws, when none of the waiting parties has an action, or by abort(). It stays broken, and wait() throws
// BrokenBarrier, until reset().
class Barrier : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  // Called when all parties have arrived, once for all of them.
  using Action = std::function<void()>;

  // Opens the barrier of this name, or makes it. parties: at least 1; a name that is in use must have been made with
  // the same number (Error{object_differs}).
  // Throws std::invalid_argument if it is less than 1.
  //
  // action: called in each round by one party that has it, in its wait(), before the others go on: by the last to
  // arrive, or, if that has no action, by the first to arrive among those that have one. The action belongs to this
  // handle and its copies and does not travel: a barrier that is opened by name or from an argument has the action
  // given there, or none. Once a client has opened the barrier with an action, every round needs a party that has one;
  // a round without it breaks the barrier.
  //
  // timeout: time limit of wait() without one; it travels with the handle. No limit unless given.
  // Python: mp.Barrier(parties, action, timeout)
  explicit Barrier(std::int64_t parties, Action action = {}, const ObjectOptions& options = {})
      : Barrier{std::string_view{}, parties, std::move(action), detail::Wait{}, options} {}
  explicit Barrier(std::string_view name, std::int64_t parties, Action action = {}, const ObjectOptions& options = {})
      : Barrier{name, parties, std::move(action), detail::Wait{}, options} {}
  template <class Rep, class Period>
  Barrier(std::int64_t parties, Action action, std::chrono::duration<Rep, Period> timeout,
          const ObjectOptions& options = {})
      : Barrier{std::string_view{}, parties, std::move(action), detail::within(timeout), options} {}
  template <class Rep, class Period>
  Barrier(std::string_view name, std::int64_t parties, Action action, std::chrono::duration<Rep, Period> timeout,
          const ObjectOptions& options = {})
      : Barrier{name, parties, std::move(action), detail::within(timeout), options} {}
  // For the library.
  Barrier(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const;

  // Blocks until all parties have arrived. Returns 0 to exactly one of them, the last to arrive, and 1 to parties() - 1
  // to the others. The second form waits `timeout` at most until all have arrived, the first one as long as the
  // constructor's time limit; when that has passed, the barrier breaks for all. The time of the action is not limited.
  // Throws BrokenBarrier if the barrier is broken, breaks or is reset meanwhile, and in the thread that runs the action
  // what the action throws.
  // Python: b.wait(), b.wait(timeout)
  std::int64_t wait() { return wait_within(timeout_); }
  template <class Rep, class Period>
  std::int64_t wait(std::chrono::duration<Rep, Period> timeout) {
    return wait_within(detail::within(timeout));
  }
  // Resets the barrier to its initial state. Present waiters get BrokenBarrier.
  // Python: b.reset()
  void reset();
  // Breaks the barrier until it is reset. Present waiters get BrokenBarrier.
  // Python: b.abort()
  void abort();
  // Number of parties.
  // Never blocks.
  // Python: b.parties
  std::int64_t parties() const;
  // Number of threads that wait now; 0 while the action runs. Asks the broker.
  // Python: b.n_waiting
  std::int64_t n_waiting() const;
  // Whether the barrier is broken. Asks the broker.
  // Python: b.broken
  bool broken() const;

 private:
  Barrier(std::string_view name, std::int64_t parties, Action action, detail::Wait timeout,
          const ObjectOptions& options);
  std::int64_t wait_within(detail::Wait wait);

  std::shared_ptr<const Action> action_;  // null: none
  detail::Wait timeout_;                  // time limit of a wait() without one
};

// Names of these types in signatures of tasks.
#define FORKMILL_NAMED_SIGNATURE(Type)                     \
  template <>                                              \
  struct SignatureName<Type> {                             \
    static std::string get() { return "forkmill." #Type; } \
  }
FORKMILL_NAMED_SIGNATURE(Lock);
FORKMILL_NAMED_SIGNATURE(RLock);
FORKMILL_NAMED_SIGNATURE(Semaphore);
FORKMILL_NAMED_SIGNATURE(BoundedSemaphore);
FORKMILL_NAMED_SIGNATURE(Event);
FORKMILL_NAMED_SIGNATURE(Condition);
FORKMILL_NAMED_SIGNATURE(Barrier);
#undef FORKMILL_NAMED_SIGNATURE

}  // namespace forkmill
