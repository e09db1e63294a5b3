// A place for a broker's data directory, and what tests do to one. Gone with the object, and so is what is below.
//
//     DataFolder folder;
//     Cluster cluster{folder.flags()};
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace forkmill::test {

class DataFolder {
 public:
  DataFolder() {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
  }
  ~DataFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string data() const { return path("data"); }
  std::string database() const { return data() + "/forkmill.db"; }

  // For a broker that keeps its tasks here.
  std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--data", data()});
    return more;
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "forkmill-data-XXXXXX";
};

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}
inline std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
inline void flip_bit(const std::string& path, std::size_t at) {
  std::string bytes = read_file(path);
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  write_file(path, bytes);
}
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace forkmill::test
