// BindLock: the path of an ipc:// endpoint while a socket is being bound to it. ZeroMQ deletes the file
// at the path before it binds; this class sees to it that this is the socket of a program that has ended.
#pragma once

#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::proto {

class BindLock {
 public:
  // Endpoints without a path (tcp://, ipc://@NAME) need nothing. Waits for another program that is binding to the same
  // path at this moment, for a few seconds at most. Throws TransportError if a program listens there, with its name, or
  // if there is something that is not a socket. Keep the object until the socket is bound.
  explicit BindLock(const std::string& endpoint);

 private:
  void lock(const std::string& endpoint, const std::string& path);

  Descriptor lock_;
};

}  // namespace forkmill::proto
