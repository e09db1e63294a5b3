// per_thread<T>(): the T of the calling thread, made when it is first asked for. Null once the thread has destroyed it:
// destructors of static objects run after those of the main thread's objects, and may still send and receive.
#pragma once

namespace forkmill::proto {

template <class T>
T* per_thread() {
  thread_local bool over = false;  // is never destroyed
  struct Holder {
    T value{};
    ~Holder() { over = true; }
  };
  if (over) return nullptr;
  thread_local Holder holder;
  return &holder.value;
}

}  // namespace forkmill::proto
