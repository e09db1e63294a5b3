// The options of `forkmill web`.
#pragma once

#include <string>
#include <vector>

#include "client/cli/commands/connection_options.h"

namespace forkmill::cli {

struct WebOptions {
  ConnectionOptions connection{};
  std::string listen = "127.0.0.1:7118";
  std::string token_file{};          // empty: no tokens
  std::string tls_cert{};            // file of the certificate chain; empty: plain HTTP
  std::string tls_key{};             // file of the private key; empty without tls_cert
  std::string audit_log{};           // empty: stderr
  std::vector<std::string> hosts{};  // allowed in the header Host beside those of this machine
  std::string user_header{};         // in which a proxy names its users; empty: none
  bool read_only = false;
  std::string otlp_endpoint{};  // URL of a collector of spans; empty: that of the environment, if it has one
  bool otlp_all_tasks = false;  // spans of tasks without a traceparent as well
};

}  // namespace forkmill::cli
