// Watch: somebody looks on while a dict or a list changes.
#pragma once

#include <forkmill/detail/object.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace forkmill {

// What has changed: keys of a dict, indices of a list, each once. `everything`: it is not known what, or indices have
// moved.
template <class K>
struct Changes {
  std::int64_t version = 0;  // of the object, with these changes
  bool everything = false;
  std::vector<K> what;
};

namespace detail {

struct RawChanges {
  std::int64_t version = 0;
  bool everything = false;
  std::vector<Bytes> what;
};

class Watcher;

}  // namespace detail

// Looks on until it is destroyed or stopped. Movable; belongs to one thread at a time. Afterwards no call of the
// callback begins; one that runs may still be running. An object that is removed, or a client that is closed, ends it.
class Watch {
 public:
  Watch() = default;
  explicit Watch(std::shared_ptr<detail::Watcher> watcher) : watcher_{std::move(watcher)} {}
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&& other) noexcept {
    stop();
    watcher_ = std::move(other.watcher_);
    return *this;
  }
  ~Watch() { stop(); }

  void stop() noexcept;

 private:
  std::shared_ptr<detail::Watcher> watcher_;
};

}  // namespace forkmill
