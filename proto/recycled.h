// Recycled<T>: a T whose memory is used again for the next one of the same thread, for objects that come and go in
// large numbers: the allocator need not look for a place. A thread keeps at most kKept unused places.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace forkmill::proto {

template <class T>
struct Recycled : T {
  Recycled(T whole) : T{std::move(whole)} {}  // NOLINT(google-explicit-constructor)

  static void* operator new(std::size_t size) {
    auto& unused = places().unused;
    if (unused.empty()) return ::operator new(size);
    void* place = unused.back();
    unused.pop_back();
    return place;
  }
  static void operator delete(void* place) {
    auto& unused = places().unused;
    if (unused.size() < kKept)
      unused.push_back(place);
    else
      ::operator delete(place);
  }

 private:
  static constexpr std::size_t kKept = 1024;

  struct Places {
    Places() { unused.reserve(kKept); }
    ~Places() {
      for (void* place : unused) ::operator delete(place);
    }
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;
    std::vector<void*> unused;
  };
  static Places& places() {
    thread_local Places all;
    return all;
  }
};

}  // namespace forkmill::proto
