// Folder: a temporary directory for one test. The destructor removes it with its contents.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace forkmill::tests {

class Folder {
 public:
  // In `parent`, if files can be made there.
  explicit Folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    const bool usable = ::access(parent.c_str(), W_OK) == 0;
    const auto place = usable ? parent : std::filesystem::temp_directory_path();
    std::string pattern = (place / "forkmill-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path() const { return path_.string(); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{path_}, {}));
  }
  void touch(const std::string& name) const { write(name, "x"); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream{path(name), std::ios::binary} << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream{path(name), std::ios::binary}.rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace forkmill::tests
