// Counted and Ref: objects that count their owners in themselves. For the library.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace forkmill::detail {

// Counted: an object that counts its owners in itself, from 1. Ref<> keeps the count. The last release() destroys it,
// on the thread that calls it.
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  virtual ~Counted() = default;
  // One owner more, one owner less. Any thread.
  void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  // One owner more, unless the last one has gone; returns which. The caller must know that the memory is still there.
  bool try_add_ref() noexcept {
    auto owners = owners_.load(std::memory_order_relaxed);
    while (owners != 0 && !owners_.compare_exchange_weak(owners, owners + 1, std::memory_order_acquire)) continue;
    return owners != 0;
  }

 protected:
  // The number of owners; exact only if the caller knows them all.
  std::uint32_t owners() const noexcept { return owners_.load(std::memory_order_acquire); }

 private:
  // Deletes the object, which has no owner any more.
  virtual void destroy() noexcept { delete this; }

  std::atomic<std::uint32_t> owners_{1};
};

// Ref<T>: an owner of a Counted object, as a shared_ptr is, in the size of a pointer.
template <class T>
class Ref {
 public:
  // Null.
  Ref() = default;
  // Takes over the reference of a new object, or one that detach() gave up.
  static Ref adopt(T* fresh) {
    Ref ref;
    ref.object_ = fresh;
    return ref;
  }
  // One owner more; null is allowed.
  explicit Ref(T* object) : object_{object} {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(const Ref& other) : Ref{other.object_} {}
  Ref(Ref&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  template <class U, class = std::enable_if_t<std::is_convertible_v<U*, T*>>>
  Ref(Ref<U> other) noexcept : object_{other.detach()} {}  // NOLINT(google-explicit-constructor)
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete): the analyzer does not follow the count
    if (object_ != nullptr) object_->release();
  }

  // The object; null if there is none.
  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  // Gives the reference up to the caller, who must adopt() it or release() the object.
  T* detach() noexcept { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

// Makes an object with one owner.
template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace forkmill::detail
