// Where the programs of a PostgreSQL server are, for tests that start one.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace forkmill::tests {

// Returns the folder of the programs of this machine's newest PostgreSQL, with a slash at its end. Throws
// std::runtime_error if there is none.
inline std::string postgres_programs() {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored})
    if (std::filesystem::exists(entry.path() / "bin/initdb")) newest = std::max(newest, entry.path().string());
  if (newest.empty()) throw std::runtime_error{"there is no PostgreSQL server: deploy/install-deps --cluster"};
  return newest + "/bin/";
}

}  // namespace forkmill::tests
