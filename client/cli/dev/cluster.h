// A broker and a stock worker on this machine, for as long as this object lives.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/cli/dev/options.h"
#include "client/cli/os/child.h"

namespace forkmill::cli {

// A folder for the sockets of one cluster, removed at the end.
class SocketDir {
 public:
  SocketDir();
  ~SocketDir();
  SocketDir(const SocketDir&) = delete;
  SocketDir& operator=(const SocketDir&) = delete;
  std::string endpoint() const { return "ipc://" + path_ + "/broker"; }

 private:
  std::string path_;
};

class DevCluster {
 public:
  // Starts both. Throws CommandError: programs not found, or the port is in use (and by whom).
  explicit DevCluster(const DevOptions& options);
  // Stops at once what stop() has not.
  ~DevCluster() = default;
  DevCluster(const DevCluster&) = delete;
  DevCluster& operator=(const DevCluster&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  Child& broker() { return *broker_; }
  Child& worker() { return *worker_; }

  // Throws CommandError when one of them has ended, saying which and how.
  void check();

  // Ends the worker, then the broker: lets what runs finish for as long as `patient` says so, then ends it.
  void stop(const std::function<bool()>& patient);

 private:
  std::unique_ptr<SocketDir> sockets_;  // destroyed last
  std::string endpoint_;
  std::unique_ptr<Child> broker_;
  std::unique_ptr<Child> worker_;
};

}  // namespace forkmill::cli
