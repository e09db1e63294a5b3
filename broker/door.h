// The door of a broker with several shards: a process that listens on the broker's own endpoints and sends clients and
// workers on to the owners of the shards, wherever they are. No task passes through it.
#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/cluster/membership.h"
#include "broker/options.h"
#include "proto/os/descriptor.h"

namespace forkmill::broker {

// MapPipe: brings the map of the shards to the door, from the process that has made it.
class MapPipe {
 public:
  // Throws std::system_error.
  MapPipe();
  // Sends the map, unless the reader has no room for it.
  void send(const ShardMap& map);
  // Returns the last map that was sent since the last call, if any.
  std::optional<ShardMap> receive();
  // The end that receive() reads.
  int fd() const { return reader_.get(); }

 private:
  proto::Descriptor reader_;
  proto::Descriptor writer_;
};

// Listens on the endpoints of `options` until SIGTERM or SIGINT, which must be blocked, as SIGHUP, which reads the
// authorized keys again. Calls `opened` when the endpoints are open. Returns the exit code. Throws TransportError for
// an endpoint.
int run_door(const ProgramOptions& options, MapPipe& maps, const std::shared_ptr<spdlog::logger>& log,
             const std::function<void()>& opened);

}  // namespace forkmill::broker
