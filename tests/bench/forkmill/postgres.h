// Postgres: a PostgreSQL server for a broker that is measured, and a synchronous standby of it if that is wanted, in a
// directory of their own. Both end with the object. Main thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/scratch.h"

namespace forkmill::bench {

class Postgres {
 public:
  // `parent`: where the directory is made. Throws std::runtime_error when a server does not start.
  Postgres(const std::string& parent, bool with_standby);

  // How a broker is told to use it.
  std::vector<std::string> broker_arguments() const;
  std::string path() const { return scratch_.path(); }

 private:
  std::vector<std::string> as_user(std::vector<std::string> argv) const;
  void run(const std::vector<std::string>& argv) const;
  Child start(const std::string& name, int port) const;
  // Waits until the server answers, or its standby follows it.
  void await(const std::string& question) const;

  const bool with_standby_;
  const int port_;
  Scratch scratch_;
  std::optional<Child> primary_;
  std::optional<Child> standby_;
};

}  // namespace forkmill::bench
