// ByteBuffer: bytes that are written one after another. Unlike a std::string it does not clear the room into which they
// go, and appending a few bytes costs a few instructions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace forkmill::proto {

class ByteBuffer {
 public:
  ByteBuffer() = default;
  // Leave an empty buffer behind.
  ByteBuffer(ByteBuffer&& other) noexcept
      : bytes_{std::move(other.bytes_)},
        size_{std::exchange(other.size_, 0)},
        capacity_{std::exchange(other.capacity_, 0)} {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  void clear() { size_ = 0; }

  // Returns the place of the next `size` bytes, which the caller must write.
  char* extend(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    char* at = bytes_.get() + size_;
    size_ += size;
    return at;
  }
  void append(const char* bytes, std::size_t size) {
    if (size > 0) std::memcpy(extend(size), bytes, size);
  }
  // Appends bytes that stand in this buffer. A few are copied with those behind them, by a copy of fixed size.
  void repeat(std::size_t from, std::size_t size) {
    constexpr std::size_t kFew = 16;
    const std::size_t to = size_;
    char* at = extend(size);
    if (size <= kFew && to - from >= kFew && capacity_ - to >= kFew)
      std::memcpy(at, bytes_.get() + from, kFew);
    else if (size > 0)
      std::memcpy(at, bytes_.get() + from, size);
  }

 private:
  void grow(std::size_t size) {
    constexpr std::size_t kSmallest = 256;
    const std::size_t capacity = std::max({kSmallest, 2 * capacity_, size_ + size});
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace forkmill::proto
