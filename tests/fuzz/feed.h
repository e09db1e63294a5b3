// Feed: an input's bytes as the choices of a test, taken from front to back. An input that is cut short or mutated at
// one place means the same as before up to that place. At the end of the input every function returns 0 or an empty
// view.
//
// Lifetime: the views that it returns point into the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace forkmill::fuzz {

class Feed {
 public:
  Feed(const std::uint8_t* data, std::size_t size) : bytes_{reinterpret_cast<const char*>(data), size} {}

  bool done() const { return bytes_.empty(); }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(bytes_[0]);
    bytes_.remove_prefix(1);
    return first;
  }
  bool flag() { return (byte() & 1) != 0; }
  // Returns a number from 0 to n − 1; n is at most 256. 0 for n = 0.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : byte() % n; }
  // Returns a small number, a number near a power of two, or any number.
  std::uint64_t number() {
    const std::uint8_t how = byte();
    if (how < 0xA0) return how;
    if (how < 0xE0) return (std::uint64_t{1} << (how & 0x3F)) - (byte() % 3) + 1;
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | byte();
    return value;
  }
  // Returns the next bytes of the input, `most` at most; mostly few.
  std::string_view bytes(std::size_t most) {
    std::size_t size = byte();
    if (size > 0xF0) size = (size - 0xF0) * 0x400 + byte();
    const std::string_view taken = bytes_.substr(0, std::min(size, most));
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() {
    const std::string_view taken = bytes_;
    bytes_ = {};
    return taken;
  }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[byte() % list.size()];
  }

 private:
  std::string_view bytes_;
};

}  // namespace forkmill::fuzz
