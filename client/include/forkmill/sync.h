// Locks, semaphores, events, conditions and barriers between processes, on one machine or many.
//
//     forkmill::Lock lock{"db"};                       // one of this name for all clients of the broker
//     {
//       std::lock_guard hold{lock};                    // or lock.guard(), lock.acquire(2s), lock.try_lock()
//       write(lock.token(), ...);                      // rises with each owner: a store can refuse an older one
//     }
//
// A handle is cheap to copy, and copies stand for the same object; it may be an argument of a task, which then uses the
// same object. Without a name an object is this client's own (object_options.h).
//
// Waiting is a message that comes later, never polling; those who wait are served in the order of their coming. Time
// limits are the broker's: exact to a millisecond or so, zero or less only tries. While no broker answers, waits end
// a second or two after their limit, and those without one go on.
//
// What a client holds is its own until it releases it, or its session ends: at once when the process ends in order or
// its supervisor reports its death, else after the broker's session timeout. Then the next in line has it.
//
// Threads: every member may be called by any thread. A plain lock may be released by a thread, or a process, other than
// the one that acquired it; a recursive one belongs to the thread. Lifetime: a handle may outlive its Client; then
// everything throws Disconnected{client_closed}.
//
// Errors: Error{object_differs} from a constructor when the name is that of another kind, or of one with other parties
// or another initial value; std::invalid_argument for a negative value; over_released, not_held, LeaseLost from
// release(); Disconnected (object_errors.h) when the broker has forgotten this client meanwhile.
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

// What Lock, RLock and the semaphores have in common.
class Acquirable : public Handle {
 public:
  // True once it is held. With a time limit, false when that has passed first.
  bool acquire() { return acquire_within({}); }
  template <class Rep, class Period>
  bool acquire(std::chrono::duration<Rep, Period> timeout) {
    return acquire_within(within(timeout));
  }
  bool try_acquire() { return acquire_within(kAtOnce); }
  // The same as a future: of true, or of false after the time limit.
  Future<bool> acquire_async() { return acquire_later({}); }
  template <class Rep, class Period>
  Future<bool> acquire_async(std::chrono::duration<Rep, Period> timeout) {
    return acquire_later(within(timeout));
  }

  // For std::lock_guard, std::unique_lock and std::scoped_lock.
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
  // What release() does; but since guards call it where nothing may be thrown, a failure is only logged.
  void unlock() noexcept;

 protected:
  using Handle::Handle;
  bool acquire_within(Wait wait);
  Future<bool> acquire_later(Wait wait);
  void release_one();
};

class AnyLock : public Acquirable {
 public:
  // Throws Error{over_released or not_held}, or LeaseLost.
  void release() { release_one(); }
  // The fencing token: rises with each owner of this lock, whoever it is. 0 while it is not held through this handle or
  // a copy of it.
  std::int64_t token() const;

 protected:
  using Acquirable::Acquirable;
};

}  // namespace detail

// One holder at a time. A thread that acquires it twice waits for itself.
class Lock : public detail::AnyLock {
 public:
  using TravelsAsTicket = void;
  explicit Lock(ObjectOptions options = {}) : Lock{std::string_view{}, std::move(options)} {}
  explicit Lock(std::string_view name, ObjectOptions options = {});
  Lock(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  [[nodiscard]] std::unique_lock<Lock> guard() { return std::unique_lock{*this}; }
  bool locked() const;  // by anyone
};

// Its holder, a thread, may acquire it again, and releases it as often.
class RLock : public detail::AnyLock {
 public:
  using TravelsAsTicket = void;
  explicit RLock(ObjectOptions options = {}) : RLock{std::string_view{}, std::move(options)} {}
  explicit RLock(std::string_view name, ObjectOptions options = {});
  RLock(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  [[nodiscard]] std::unique_lock<RLock> guard() { return std::unique_lock{*this}; }
  bool locked() const;
};

// So many may hold it at once. release() may be called without having acquired: the value then rises. What this client
// has acquired is given back first: by the thread that calls, then by others. Throws LeaseLost, and does nothing, when
// that was given to others meanwhile.
class Semaphore : public detail::Acquirable {
 public:
  using TravelsAsTicket = void;
  explicit Semaphore(std::int64_t value = 1, ObjectOptions options = {})
      : Semaphore{std::string_view{}, value, std::move(options)} {}
  explicit Semaphore(std::string_view name, std::int64_t value = 1, ObjectOptions options = {});
  Semaphore(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  void release(std::int64_t how_many = 1);
  std::int64_t value() const;  // how often it could be acquired now
  [[nodiscard]] std::unique_lock<Semaphore> guard() { return std::unique_lock{*this}; }

 protected:
  Semaphore(std::string_view name, std::int64_t value, std::int64_t flags, ObjectOptions options);
};

// Never above its initial value: one release too many is Error{over_released}.
class BoundedSemaphore : public Semaphore {
 public:
  explicit BoundedSemaphore(std::int64_t value = 1, ObjectOptions options = {})
      : BoundedSemaphore{std::string_view{}, value, std::move(options)} {}
  explicit BoundedSemaphore(std::string_view name, std::int64_t value = 1, ObjectOptions options = {});
  BoundedSemaphore(const detail::Ticket& ticket, detail::FromTicket from) : Semaphore{ticket, from} {}
};

// A flag, and those who wait for it.
class Event : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  explicit Event(ObjectOptions options = {}) : Event{std::string_view{}, std::move(options)} {}
  explicit Event(std::string_view name, ObjectOptions options = {});
  Event(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  void set();  // all who wait go on
  void clear();
  bool is_set() const;
  // The flag: true at once when it is set, else when it becomes so; false when the time limit has passed.
  bool wait() const { return wait_within({}); }
  template <class Rep, class Period>
  bool wait(std::chrono::duration<Rep, Period> timeout) const {
    return wait_within(detail::within(timeout));
  }
  Future<bool> wait_async() const { return wait_later({}); }
  template <class Rep, class Period>
  Future<bool> wait_async(std::chrono::duration<Rep, Period> timeout) const {
    return wait_later(detail::within(timeout));
  }

 private:
  bool wait_within(detail::Wait wait) const;
  Future<bool> wait_later(detail::Wait wait) const;
};

// Waits, with a lock held, for something that others do under the same lock. The lock is one that is given, or a
// recursive one of its own ("<name>:lock").
class Condition : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  explicit Condition(ObjectOptions options = {}) : Condition{std::string_view{}, std::move(options)} {}
  explicit Condition(std::string_view name, ObjectOptions options = {});
  explicit Condition(const detail::AnyLock& lock, ObjectOptions options = {})
      : Condition{std::string_view{}, lock, std::move(options)} {}
  Condition(std::string_view name, const detail::AnyLock& lock, ObjectOptions options = {});
  Condition(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const;

  // The lock.
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

  // Gives up the lock, however often it is held, until a notification or the time limit comes, and has it again when it
  // returns, however long that takes: true for a notification. Error{not_held} without the lock.
  bool wait() { return wait_within({}); }
  template <class Rep, class Period>
  bool wait(std::chrono::duration<Rep, Period> timeout) {
    return wait_within(detail::within(timeout));
  }
  // Until the predicate holds, or the time limit has passed: what it said last. It is called with the lock held.
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
  // Wakes so many of those who wait now; nothing is stored for later. Returns how many that were.
  std::int64_t notify(std::int64_t how_many = 1);
  std::int64_t notify_all();

 private:
  // The lock is one of two kinds, and used alike.
  class Own : public detail::AnyLock {
   public:
    using AnyLock::AnyLock;
    Own() = default;
    explicit Own(const detail::AnyLock& lock) : AnyLock{lock} {}
    using Handle::ticket;
    bool wait_on(client::Object& condition, detail::Wait wait);
    client::Object& shared() const { return object(); }
  };

  bool wait_within(detail::Wait wait);

  Own lock_;
};

// So many threads wait for each other, and go on together.
class Barrier : public detail::Handle {
 public:
  using TravelsAsTicket = void;
  using Action = std::function<void()>;

  // action: run by the last one to arrive, before the others go on; if it throws, that one's wait() throws the same and
  // the barrier is broken. It belongs to this handle and its copies: where the barrier is opened by name or as an
  // argument of a task, another one may be given.
  explicit Barrier(std::int64_t parties, Action action = {}, ObjectOptions options = {})
      : Barrier{std::string_view{}, parties, std::move(action), std::move(options)} {}
  explicit Barrier(std::string_view name, std::int64_t parties, Action action = {}, ObjectOptions options = {});
  Barrier(const detail::Ticket& ticket, detail::FromTicket);
  detail::Ticket travel_ticket() const { return ticket(); }

  // 0 for exactly one of the parties, other numbers below parties() for the others. Throws BrokenBarrier. A wait that
  // runs into its time limit breaks the barrier for all.
  std::int64_t wait() { return wait_within({}); }
  template <class Rep, class Period>
  std::int64_t wait(std::chrono::duration<Rep, Period> timeout) {
    return wait_within(detail::within(timeout));
  }
  void reset();  // those who wait get BrokenBarrier; then it is as new
  void abort();  // breaks it, until it is reset
  std::int64_t parties() const;
  std::int64_t n_waiting() const;
  bool broken() const;

 private:
  std::int64_t wait_within(detail::Wait wait);

  std::shared_ptr<const Action> action_;
};

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
