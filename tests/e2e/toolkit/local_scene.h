// LocalScene: programs that use local://, in a directory for all their files, by whose name their processes are found.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/worker/cluster.h"

namespace forkmill::test {

class LocalScene {
 public:
  LocalScene() { REQUIRE(::mkdtemp(directory_.data()) != nullptr); }
  ~LocalScene() { std::filesystem::remove_all(directory_); }
  LocalScene(const LocalScene&) = delete;
  LocalScene& operator=(const LocalScene&) = delete;

  // Starts a program with these arguments and the directory behind them.
  Process start(std::vector<std::string> argv) {
    std::filesystem::create_directory(path("tmp"));
    std::vector<std::string> words{"/usr/bin/env", "-u", "FORKMILL_BROKER", "TMPDIR=" + path("tmp")};
    words.insert(words.end(), argv.begin(), argv.end());
    words.push_back(directory_);
    return {std::move(words), path("log")};
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string log() const {
    std::ifstream file{path("log")};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  // Processes that were given this directory, without zombies.
  int processes() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      std::ifstream file{entry.path() / "environ"};
      const std::string environment{std::istreambuf_iterator<char>{file}, {}};
      if (environment.find("TMPDIR=" + path("tmp")) != std::string::npos) ++count;
    }
    return count;
  }
  bool no_files() const { return std::filesystem::is_empty(path("tmp")); }

 private:
  std::string directory_ = std::filesystem::temp_directory_path() / "forkmill-local-test-XXXXXX";
};

}  // namespace forkmill::test
