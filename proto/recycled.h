// Recycled<T>: a T whose memory is used again for the next one of the same thread, for objects that come and go in
// large numbers: the allocator need not look for a place. A thread keeps at most kKept unused places, and takes 8 KiB
// for the list of them when it first uses one.
#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include "proto/per_thread.h"

namespace forkmill::proto {

template <class T>
struct Recycled final : T {
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

  Recycled() = default;
  Recycled(T whole) : T{std::move(whole)} {}  // NOLINT(google-explicit-constructor)

  static void* operator new(std::size_t size) {
    Places* places = per_thread<Places>();
    if (places == nullptr || places->unused.empty()) return ::operator new(size);
    void* place = places->unused.back();
    places->unused.pop_back();
    return place;
  }
  static void operator delete(void* place) {
    Places* places = per_thread<Places>();
    if (places != nullptr && places->unused.size() < kKept)
      places->unused.push_back(place);
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
};

}  // namespace forkmill::proto
