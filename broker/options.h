// What forkmill-broker is told by its flags, environment and file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/core/state/options.h"
#include "proto/transport/logging.h"

namespace forkmill::broker {

// /var/lib/forkmill for root, forkmill below XDG_STATE_HOME or ~/.local/state for others.
std::string default_data_directory();

struct ProgramOptions {
  std::vector<std::string> listen{"tcp://127.0.0.1:7117"};
  std::string data = default_data_directory();
  bool memory = false;
  std::uint64_t disk_reserve = 256ULL * 1024 * 1024;  // free bytes below which nothing durable is taken in
  bool insecure = false;
  // Instead of running: look after the data directory.
  bool check = false;
  bool quarantine = false;
  bool accept_loss = false;
  std::string restore;   // the backup to make it from
  std::string announce;  // a file to write the endpoints to once they are open, a line each; for scripts that let the
                         // system choose the port
  proto::LogOptions log;
  CoreOptions core;
};

// The exit code when the program is to end here.
std::optional<int> read_options(int argc, const char* const* argv, ProgramOptions& options);

}  // namespace forkmill::broker
