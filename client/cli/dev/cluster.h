// A broker and a stock worker on this machine, for as long as this object lives.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/dev/options.h"
#include "client/cli/dev/temp_home.h"
#include "client/cli/os/child.h"

namespace forkmill::cli {

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
  const std::string& temp_home();  // made when it is first needed
  std::string choose_endpoint(const DevOptions& options);
  std::vector<std::string> broker_words(const DevOptions& options);

  std::optional<TempHome> home_;  // destroyed last
  std::string endpoint_;
  std::unique_ptr<Child> broker_;
  std::unique_ptr<Child> worker_;
};

}  // namespace forkmill::cli
