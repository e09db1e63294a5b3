// Watch: calls a function for the changes of a dict or a list, until it is stopped. Made by Dict::watch() and the like.
//
//     forkmill::Dict<std::string, int> stock{"stock"};
//     auto watch = stock.watch([](const forkmill::Changes<std::string>& changes) {
//       for (const auto& key : changes.what) std::cout << key << " has changed";
//     });
//
// The function runs on the client's executor, one call at a time. Changes in quick succession may come as one call. An
// exception of the function is logged, and the watch goes on. The watch ends without a further call when the object is
// removed, when the client is closed, and when the broker has forgotten the object (it was restarted). That is logged
// as a warning, except for a closed client, and active() is false then: open the object again and begin a new watch.
#pragma once

#include <forkmill/detail/object.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace forkmill {

// Changes<K>: the elements of a dict or a list that have changed since a version. K is the type of a key, or
// std::int64_t for the indices of a list.
template <class K>
struct Changes {
  // Version of the object with these changes; pass it to the next wait_change().
  std::int64_t version = 0;
  // True: read the object again, because anything may have changed. `what` is empty then. The case after clear(), when
  // indices have moved, and when the version is too old: the broker remembers the last 1,024 changes, from the first
  // watch or wait_change() on.
  bool everything = false;
  // Keys, or indices, that were set or erased, each once.
  std::vector<K> what;
};

namespace detail {

// Changes with packed keys, or indices as decimal text.
struct RawChanges {
  std::int64_t version = 0;
  bool everything = false;
  std::vector<Bytes> what;
};

// The watch behind its handle (client/objects/watch.cc).
class Watcher;

}  // namespace detail

// Watch: ends the calls when it is destroyed or stopped. Movable, not copyable; belongs to one thread at a time. Keeps
// the object's handle.
class Watch {
 public:
  // No watch.
  Watch() = default;
  // For the library.
  explicit Watch(std::shared_ptr<detail::Watcher> watcher) : watcher_{std::move(watcher)} {}
  // Assigning stops the watch that was there before. The source is empty afterwards.
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&& other) noexcept {
    stop();
    watcher_ = std::move(other.watcher_);
    return *this;
  }
  // Does what stop() does.
  ~Watch() { stop(); }

  // Whether calls may come: false once the watch has ended or was stopped, and for no watch.
  // Never blocks.
  bool active() const noexcept;
  // Ends the watch: no call begins afterwards, but one that runs in another thread may still be running.
  // Does not wait. May be called in the function itself, and may be repeated.
  void stop() noexcept;

 private:
  std::shared_ptr<detail::Watcher> watcher_;
};

}  // namespace forkmill
