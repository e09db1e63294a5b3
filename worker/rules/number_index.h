// NumberIndex: finds the slot of an entry by a number, where the entries themselves lie in slots of the owner's. Open
// addressing in one array, deletion by shifting back: nothing is allocated for one entry. Several entries may have the
// same number. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace forkmill::worker {

class NumberIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  void add(std::uint64_t number, std::uint32_t slot) {
    if ((size_ + 1) * 2 > cells_.size()) resize(cells_.size() * 2);
    cells_[first_free(number)] = {number, slot};
    ++size_;
  }
  // Returns the slot of an entry with this number for which matches(slot) is true, or kNone.
  template <class F>
  std::uint32_t find(std::uint64_t number, F&& matches) const {
    for (auto at = home_of(number); cells_[at].slot != kNone; at = after(at))
      if (cells_[at].number == number && matches(cells_[at].slot)) return cells_[at].slot;
    return kNone;
  }
  // Removes the entry; does nothing if it is not there.
  void remove(std::uint64_t number, std::uint32_t slot) {
    auto hole = home_of(number);
    while (cells_[hole].slot != slot) {
      if (cells_[hole].slot == kNone) return;
      hole = after(hole);
    }
    close(hole);
  }
  // Removes an entry with this number and returns its slot, or kNone.
  std::uint32_t extract(std::uint64_t number) {
    auto at = home_of(number);
    while (cells_[at].slot != kNone && cells_[at].number != number) at = after(at);
    const std::uint32_t slot = cells_[at].slot;
    if (slot != kNone) close(at);
    return slot;
  }
  void clear() { *this = {}; }

 private:
  struct Cell {
    std::uint64_t number = 0;
    std::uint32_t slot = kNone;
  };

  // Empties a cell, and moves up the entries behind it that would not be found any more.
  void close(std::size_t hole) {
    for (auto next = after(hole); cells_[next].slot != kNone; next = after(next)) {
      // An entry may fill the hole unless that would put it before its home.
      if (((next - home_of(cells_[next].number)) & mask()) < ((next - hole) & mask())) continue;
      cells_[hole] = cells_[next];
      hole = next;
    }
    cells_[hole] = {};
    --size_;
  }
  std::size_t mask() const { return cells_.size() - 1; }
  std::size_t after(std::size_t at) const { return (at + 1) & mask(); }
  std::size_t home_of(std::uint64_t number) const {
    return static_cast<std::size_t>(number * 0x9E37'79B9'7F4A'7C15ULL >> 32) & mask();
  }
  std::size_t first_free(std::uint64_t number) const {
    auto at = home_of(number);
    while (cells_[at].slot != kNone) at = after(at);
    return at;
  }
  void resize(std::size_t cells) {
    auto old = std::exchange(cells_, std::vector<Cell>(cells));
    for (const Cell& cell : old)
      if (cell.slot != kNone) cells_[first_free(cell.number)] = cell;
  }

  std::vector<Cell> cells_ = std::vector<Cell>(64);
  std::size_t size_ = 0;
};

}  // namespace forkmill::worker
