// Windows: the pieces of the journal that were read last. Rows are read in the order of their numbers; those of tasks
// and those of outcomes lie in different places, in two segments. Each of these places has its window.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/store/sqlite/file_system.h"

namespace forkmill::broker {

class Windows {
 public:
  // `ahead`: the bytes to read at a time.
  explicit Windows(std::size_t ahead) : ahead_{ahead} {}

  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t at = 0;  // offset in the segment
    std::uint64_t size = 0;
  };
  // Returns the bytes at `place`, fewer at the end of `file`, which is that of the segment; they are valid until the
  // next call. Bytes at or behind `end` are not read in advance, as they will change. Throws StoreError.
  std::string_view read(OpenFile& file, const std::string& path, const Place& place, std::uint64_t end);

 private:
  struct Window {
    std::uint64_t segment = 0;  // 0: none
    std::uint64_t at = 0;
    std::string bytes;
    std::uint64_t used = 0;  // when
  };

  std::size_t ahead_;
  std::array<Window, 4> windows_;
  std::uint64_t uses_ = 0;
};

}  // namespace forkmill::broker
