// StateBits: the word of a State: whether it is ready, what kind it is, and the lock of its list. For the library.
#pragma once

#include <forkmill/detail/signal.h>

#include <cstdint>

namespace forkmill::detail {

// Thread-safe. The word is also the futex that threads sleep on that wait for the state.
class StateBits {
 public:
  // Whether the outcome is there.
  bool ready() const noexcept { return signal_.is_set(); }
  // The signal that is set when the state is ready.
  Signal& signal() noexcept { return signal_; }
  // Whether this is a RemoteState.
  bool is_remote() const noexcept { return signal_.has(kRemote); }
  // Whether there is more than one reader, so that none may move the value out.
  bool is_shared() const noexcept { return signal_.has(kShared); }
  void mark_shared() noexcept { signal_.add(kShared); }
  // Whether the state is resolved by a message that the client receives, so that a wait of its origin suffices. Any
  // other state needs another thread to act.
  bool is_driven() const noexcept { return signal_.has(kDriven); }
  void mark_driven() noexcept { signal_.add(kDriven); }
  // Whether a callback resolves the state, so that the executor's thread must not wait for it.
  bool needs_executor() const noexcept { return signal_.has(kNeedsExecutor); }
  void mark_needs_executor() noexcept { signal_.add(kNeedsExecutor); }
  // Whether the broker has the task, and whether a worker has reported progress.
  bool accepted() const noexcept { return signal_.has(kAccepted); }
  bool running() const noexcept { return signal_.has(kRunning); }
  void mark_accepted() noexcept { signal_.add(kAccepted); }
  void mark_running() noexcept { signal_.add(kRunning); }

 protected:
  // Bits of the word beside those of Signal.
  enum Bit : std::uint32_t {
    kDraining = 4,        // one thread hands out the continuations
    kRemote = 8,          // is_remote()
    kShared = 16,         // is_shared()
    kNeedsExecutor = 32,  // needs_executor()
    kAccepted = 64,       // accepted()
    kRunning = 128,       // running()
    kDriven = 256,        // is_driven()
    kLocked = 512,        // see lock()
    kCancelled = 1024,    // a ChainedState was asked to cancel what it waits for
  };

  // bits: those that are set from the start.
  explicit StateBits(std::uint32_t bits) : signal_{bits} {}
  // Locks the list of continuations and what derived classes keep under the same lock, for some instructions. lock()
  // returns the bits from before.
  std::uint32_t lock() noexcept;
  void unlock() noexcept { signal_.remove(kLocked); }

  Signal signal_;  // kSet: ready; the other bits are those above
};

}  // namespace forkmill::detail
