// SnapshotIterator: walks through the elements of a shared container as they were when begin() was called. For the
// library.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace forkmill::detail {

// NoWalk: what begin() and end() of a handle return that cannot be walked through, so that a range-for over it ends
// with the one error that begin() gives. It is no iterator.
template <class T>
struct NoWalk {
  const T& operator*() const;
  NoWalk& operator++();
  bool operator!=(const NoWalk& other) const;
};

// A forward iterator over a copy of the elements, which all its copies share. A default-made one is the end of any.
template <class T>
class SnapshotIterator {
  using Elements = std::vector<T>;

 public:
  // As std::forward_iterator wants them.
  using iterator_category = std::forward_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = typename Elements::const_reference;

  SnapshotIterator() = default;
  explicit SnapshotIterator(Elements elements) : elements_{std::make_shared<const Elements>(std::move(elements))} {}

  reference operator*() const { return (*elements_)[at_]; }
  pointer operator->() const { return &(*elements_)[at_]; }
  SnapshotIterator& operator++() {
    ++at_;
    return *this;
  }
  SnapshotIterator operator++(int) {
    auto before = *this;
    ++at_;
    return before;
  }
  friend bool operator==(const SnapshotIterator& a, const SnapshotIterator& b) {
    return a.at_end() || b.at_end() ? a.at_end() == b.at_end() : a.at_ == b.at_;
  }

 private:
  bool at_end() const { return !elements_ || at_ == elements_->size(); }

  std::shared_ptr<const Elements> elements_;
  std::size_t at_ = 0;
};

}  // namespace forkmill::detail
