// SegmentReader: reads a segment of the journal that an earlier broker left. Holds some frames in memory, not the whole
// segment. Functions throw StoreError.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/store/journal/frame.h"
#include "broker/store/journal/windows.h"
#include "broker/store/sqlite/file_system.h"

namespace forkmill::broker {

class SegmentReader {
 public:
  // Opens the file at `path`. Reads frames of `epoch` with `key` only.
  SegmentReader(FileSystem& files, std::string path, std::uint64_t key, proto::Epoch epoch);

  // Returns the frame at offset `at`; none if there is no intact one. Its records are valid until the next call of any
  // function.
  std::optional<Frame> frame(std::uint64_t at);
  // Returns the header of the first intact frame of segment `segment` or a later one that begins at `at` or behind it.
  std::optional<FrameHeader> find(std::uint64_t at, std::uint64_t segment);
  // Returns `size` bytes at offset `at`, fewer at the end of the file; they are valid until the next call of any
  // function.
  std::string_view read(std::uint64_t at, std::uint64_t size);

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::uint64_t key_;
  proto::Epoch epoch_;
  std::unique_ptr<OpenFile> file_;
  std::uint64_t length_ = 0;
  Windows windows_;
};

}  // namespace forkmill::broker
