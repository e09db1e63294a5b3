// SegmentFiles: the two files of a journal, which its segments take in turns. One thread owns them. Functions throw
// StoreError.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/store/journal/windows.h"
#include "broker/store/sqlite/data_dir.h"

namespace forkmill::broker {

class SegmentFiles {
 public:
  // Opens the files, creates missing ones, and locks them. Reads and writes nothing.
  explicit SegmentFiles(DataDir& directory);

  // The number of a segment chooses the file.
  std::uint64_t length(std::uint64_t segment) const { return files_[segment % 2].length; }
  void write(std::uint64_t segment, std::uint64_t at, std::string_view bytes);
  void sync(std::uint64_t segment);
  std::uint64_t written_bytes() const { return written_bytes_; }  // by write()
  // Extends the file by zeros and syncs it. Returns false if the disk is full.
  bool extend(std::uint64_t segment, std::uint64_t bytes);
  // As Windows::read().
  std::string_view read(const Windows::Place& place, std::uint64_t end);

 private:
  struct File {
    std::string path;
    std::unique_ptr<OpenFile> file;
    std::uint64_t length = 0;
  };
  File& file_of(std::uint64_t segment) { return files_[segment % 2]; }

  std::array<File, 2> files_;
  Windows windows_;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace forkmill::broker
