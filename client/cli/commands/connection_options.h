// The broker that a command talks to.
#pragma once

#include <chrono>
#include <string>

namespace forkmill::cli {

struct ConnectionOptions {
  std::string broker{};  // an endpoint: tcp://HOST:PORT or ipc://PATH
  std::chrono::milliseconds connect_timeout{5000};
  std::string server_public_key{};  // the broker's public key or its file; empty: the environment's
  std::string key{};                // file of the secret key; empty: the environment's
  std::string seal_keys{};          // file of seal keys; empty: the environment's
  // The file that `forkmill login` has written. Its keys are for its endpoint only.
  struct Login {
    std::string file;  // empty: there is none
    std::string endpoint;
    std::string failure;  // why it cannot be used; empty: it can
  };
  Login login{};
};

}  // namespace forkmill::cli
