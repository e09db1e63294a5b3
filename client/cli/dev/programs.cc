#include "client/cli/dev/programs.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace fs = std::filesystem;

namespace {

// The folders of PATH.
std::vector<fs::path> search_path() {
  std::vector<fs::path> found;
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  std::istringstream folders{path == nullptr ? "" : path};
  for (std::string folder; std::getline(folders, folder, ':');) found.emplace_back(folder);
  return found;
}

std::vector<fs::path> places() {
  std::error_code ignored;
  std::vector<fs::path> found{fs::read_symlink("/proc/self/exe", ignored).parent_path()};
  const auto folders = search_path();
  found.insert(found.end(), folders.begin(), folders.end());
  return found;
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

// The inodes of the sockets that listen on `port`. /proc/net/tcp has lines like
// "0: 0100007F:1BCD 00000000:0000 0A … INODE".
std::set<std::string> listeners(unsigned port) {
  std::set<std::string> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{table};
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::istringstream fields{line};
      std::string slot, local, remote, state, skipped, inode;
      fields >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;
      fields >> inode;
      const auto colon = local.rfind(':');
      unsigned number = 0;
      std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
      if (state == "0A" && number == port) inodes.insert("socket:[" + inode + "]");
    }
  }
  return inodes;
}

bool holds(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (fs::directory_iterator entry{process / "fd", error}, end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (inodes.contains(fs::read_symlink(entry->path(), gone).string())) return true;
  }
  return false;
}

}  // namespace

std::string find_program(const std::string& name) {
  std::string looked;
  for (const auto& place : places()) {
    const auto path = place / name;
    if (is_program(path)) return path.string();
    looked += (looked.empty() ? "" : ":") + place.string();
  }
  throw CommandError{ExitCode::failed, "cannot find " + name + " in " + looked,
                     "install it beside this program, or add its directory to PATH"};
}

std::string command_word(const std::string& name) {
  auto program = find_program(name);
  for (const auto& folder : search_path()) {
    std::error_code error;
    if (is_program(folder / name)) return fs::equivalent(folder / name, program, error) ? name : program;
  }
  return program;
}

std::string port_owner(unsigned port) {
  const auto inodes = listeners(port);
  std::error_code error;
  for (fs::directory_iterator entry{"/proc", error}, end; !error && entry != end; entry.increment(error)) {
    const auto pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || inodes.empty() || !holds(entry->path(), inodes)) {
      continue;
    }
    std::string name;
    std::getline(std::ifstream{entry->path() / "comm"}, name);
    return name + " (pid " + pid + ")";
  }
  return {};
}

}  // namespace forkmill::cli
