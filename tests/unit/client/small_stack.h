// A thread with a small stack: what recurses once for each future of a long chain does not survive there.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <system_error>

namespace forkmill::tests {

// Runs `body` in a thread with 256 KiB of stack, and waits for its end.
inline void on_small_stack(const std::function<void()>& body) {
  constexpr std::size_t kStack = 256 * 1024;
  pthread_attr_t how{};
  pthread_attr_init(&how);
  pthread_attr_setstacksize(&how, kStack);
  pthread_t thread{};
  const auto run = [](void* given) -> void* {
    (*static_cast<const std::function<void()>*>(given))();
    return nullptr;
  };
  const int failed = pthread_create(&thread, &how, run, const_cast<std::function<void()>*>(&body));
  pthread_attr_destroy(&how);
  if (failed != 0) throw std::system_error{failed, std::generic_category(), "pthread_create"};
  pthread_join(thread, nullptr);
}

}  // namespace forkmill::tests
