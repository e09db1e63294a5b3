// A broker, a stock worker and, if asked for, an HTTP gateway on this machine. They run as long as this object lives.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/dev/options.h"
#include "client/cli/dev/temp_home.h"
#include "client/cli/os/child.h"
#include "proto/os/ready_note.h"

namespace forkmill::cli {

class DevCluster {
 public:
  // Starts the broker. Throws CommandError if a program is missing or if the endpoint is in use.
  explicit DevCluster(const DevOptions& options);
  // Kills all of them unless stop() has stopped them.
  ~DevCluster() = default;
  DevCluster(const DevCluster&) = delete;
  DevCluster& operator=(const DevCluster&) = delete;

  // Starts the worker. A worker that starts before the broker listens tries to connect again only after a pause.
  void start_worker();
  // Starts the gateway, which prints its URL. Throws CommandError if its program is missing.
  void start_web(const std::string& listen);

  const std::string& endpoint() const { return endpoint_; }
  Child& broker() { return *broker_; }
  Child& worker() { return *worker_; }
  // Readable once the gateway has ended. -1: there is none.
  int web_fd() const { return web_ ? web_->fd() : -1; }
  // Readable once the broker listens.
  int broker_ready_fd() const { return notes_.fd(); }

  // Throws CommandError, with the name and the exit, if one of them has ended.
  void check();

  // Stops the gateway, drains the worker, and then stops the broker. Running tasks may finish as long as `keep_waiting`
  // returns true; it is called every 50 ms. Blocks until all have ended, or for some seconds if they do not end.
  void stop(const std::function<bool()>& keep_waiting);

 private:
  const std::string& temp_home();  // created by the first call
  std::string choose_endpoint(const DevOptions& options);
  std::vector<std::string> broker_words(const DevOptions& options);
  std::vector<std::string> worker_words(const DevOptions& options) const;

  std::optional<TempHome> home_;  // destroyed last
  std::string endpoint_;
  proto::ReadyNotes notes_;
  std::vector<std::string> worker_words_;
  std::unique_ptr<Child> broker_;
  std::unique_ptr<Child> worker_;
  std::unique_ptr<Child> web_;  // null: there is none
};

}  // namespace forkmill::cli
