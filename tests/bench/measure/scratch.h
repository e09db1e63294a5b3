// A directory for the store of a server that is measured: new, and gone with its object. Main thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace forkmill::bench {

class Scratch {
 public:
  // In `parent`, which is made when it is missing; empty: in the directory for temporary files. Throws
  // std::runtime_error when that cannot be.
  explicit Scratch(const std::string& parent);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path() const { return path_; }
  std::string path(const std::string& name) const { return path_ / name; }
  // Bytes on disk of everything below `directory`.
  static std::uint64_t bytes_below(const std::string& directory);

 private:
  std::filesystem::path path_;
};

// Throws std::runtime_error when Scratch would make its directory on a file system in memory: what is measured there
// says nothing about a disk.
void require_disk(const std::string& parent);

}  // namespace forkmill::bench
