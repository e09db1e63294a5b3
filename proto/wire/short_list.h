// ShortList<T>: a list of plain values, of which the first kFew stand in the object itself, so that a short list costs
// no allocation. For messages that mostly name one thing or two, and of which there are as many as of all others.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill::proto {

template <class T, std::size_t kFew = 4>
class ShortList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;

  ShortList() = default;
  ShortList(std::initializer_list<T> values) : ShortList(values.begin(), values.end()) {}
  template <std::input_iterator It>
  ShortList(It first, It last) {
    std::for_each(first, last, [this](const T& value) { push_back(value); });
  }
  ShortList(const ShortList&) = default;
  ShortList& operator=(const ShortList&) = default;
  // Leaves the other list empty.
  ShortList(ShortList&& other) noexcept
      : few_{other.few_}, size_{std::exchange(other.size_, 0)}, many_{std::move(other.many_)} {}
  ShortList& operator=(ShortList&& other) noexcept {
    few_ = other.few_;
    size_ = std::exchange(other.size_, 0);
    many_ = std::move(other.many_);
    return *this;
  }
  ~ShortList() = default;

  void push_back(const T& value) { emplace_back() = value; }
  // References to elements are valid until the next one is added.
  T& emplace_back() {
    if (size_ < kFew) return few_[size_++] = T{};
    if (size_ == kFew) many_.assign(few_.begin(), few_.end());
    ++size_;
    return many_.emplace_back();
  }
  void reserve(std::size_t size) {
    if (size > kFew) many_.reserve(size);
  }
  void clear() { size_ = 0; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return size_ <= kFew ? few_.data() : many_.data(); }
  T* end() { return begin() + size_; }
  const T* begin() const { return size_ <= kFew ? few_.data() : many_.data(); }
  const T* end() const { return begin() + size_; }

  friend bool operator==(const ShortList& a, const ShortList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, kFew> few_{};
  std::size_t size_ = 0;
  std::vector<T> many_;  // all elements, if there are more than kFew
};

}  // namespace forkmill::proto
