// PackedItems: the packed arguments of many calls, one behind the other, each as the msgpack string that travels. For
// the library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::detail {

class PackedItems {
 public:
  void reserve(std::size_t items) { ends_.reserve(items); }
  // `packed` must not be in this object.
  void add(std::string_view packed) {
    add_head(packed.size());
    bytes_ += packed;
    ends_.push_back(bytes_.size());
    largest_ = std::max(largest_, packed.size());
  }

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  // Size of all strings, and of the largest item.
  std::size_t bytes() const { return bytes_.size(); }
  std::size_t largest() const { return largest_; }
  // The strings of `count` items from the first one on. Valid until the next add().
  std::string_view range(std::size_t first, std::size_t count) const {
    const auto begin = begin_of(first);
    return std::string_view{bytes_}.substr(begin, begin_of(first + count) - begin);
  }
  // Number of items from the first one on, `most` at most, that have no more than this many bytes together; 1 at least.
  std::size_t count_within(std::size_t first, std::size_t most, std::size_t bytes) const {
    const auto begin = ends_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = std::upper_bound(begin, begin + static_cast<std::ptrdiff_t>(most), begin_of(first) + bytes);
    return std::max<std::size_t>(static_cast<std::size_t>(end - begin), 1);
  }

 private:
  std::size_t begin_of(std::size_t item) const { return item == 0 ? 0 : ends_[item - 1]; }
  void add_head(std::size_t size) {
    if (size < 32)
      bytes_ += static_cast<char>(0xa0 | size);
    else if (size <= 0xff)
      add_head('\xd9', size, 1);
    else if (size <= 0xffff)
      add_head('\xda', size, 2);
    else
      add_head('\xdb', size, 4);
  }
  void add_head(char type, std::size_t size, int bytes) {
    bytes_ += type;
    for (int at = bytes - 1; at >= 0; --at) bytes_ += static_cast<char>(size >> (8 * at));
  }

  std::string bytes_;
  std::vector<std::size_t> ends_;  // ends of the items in bytes_
  std::size_t largest_ = 0;
};

}  // namespace forkmill::detail
