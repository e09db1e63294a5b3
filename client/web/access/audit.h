// Audit: the log of everything that was changed through the gateway, one line of JSON for the beginning of each act and
// one for its end. Thread-safe.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace forkmill::web {

class Audit {
 public:
  // path: a file, which is made if it is missing; empty: stderr. The file is opened for each line, so that it can be
  // moved away. Throws std::system_error if it cannot be opened.
  explicit Audit(std::string path);

  // Appends a line. Bytes that are not UTF-8 are replaced. Throws std::system_error if it cannot be written.
  void write(const nlohmann::ordered_json& line);

 private:
  std::string path_;
  std::mutex mutex_;
};

}  // namespace forkmill::web
