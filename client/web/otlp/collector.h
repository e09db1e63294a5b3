// Collector: the program to which spans are sent, by HTTP. curl_collector.cc has it with libcurl; a build without
// libcurl has no_collector.cc, which refuses the settings.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "client/web/otlp/settings.h"

namespace forkmill::web::otlp {

// One thread at a time.
class Collector {
 public:
  struct Answer {
    long status = 0;                      // HTTP; 0: there was no answer
    std::chrono::seconds retry_after{0};  // the header Retry-After
    std::string body{};                   // the first 64 KiB
    std::string failure{};                // why there was no answer
  };

  virtual ~Collector() = default;

  // Sends the body as application/json. Blocks for the time given at most; `stopped` ends it within about a second.
  // Follows no redirections. Throws nothing but std::bad_alloc.
  virtual Answer post(const std::string& body, std::chrono::milliseconds timeout, const std::atomic<bool>& stopped) = 0;
};

// Returns the collector of the settings; opens no connection yet. Throws std::runtime_error if this build has no HTTP
// client, if it cannot be used, or if the file of authorities cannot be read or has no certificate.
std::unique_ptr<Collector> make_collector(const Settings& settings);

}  // namespace forkmill::web::otlp
