#include "client/cli/dev/programs.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "client/cli/errors/command_error.h"
#include "proto/os/tcp_table.h"

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

// The sockets that listen on `port`, as /proc/PID/fd names them.
std::set<std::string> listeners(unsigned port) {
  std::set<std::string> names;
  proto::visit_tcp_sockets([&](const proto::TcpSocket& socket) {
    if (socket.listens && socket.port == port) names.insert("socket:[" + std::to_string(socket.inode) + "]");
    return true;
  });
  return names;
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
