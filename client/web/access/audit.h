// Audit: the log of everything that was changed through the gateway, one line of JSON for the beginning of each act and
// one for its end. The newest acts are kept in memory as well, for people. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

namespace forkmill::web {

class Audit {
 public:
  // path: a file, which is made if it is missing; empty: stderr. The file is opened for each line, so that it can be
  // moved away. The acts at the end of a file of earlier are remembered, as far as it can be read. Throws
  // std::system_error if it cannot be opened.
  explicit Audit(std::string path);

  // Appends a line. Bytes that are not UTF-8 are replaced. Throws std::system_error if it cannot be written.
  void write(const nlohmann::ordered_json& line);

  // Returns the last lines of up to `most` acts, the newest act first: its end, or its beginning while it is under way.
  // Acts beyond kMaxActs and kMaxBytes are in the file alone.
  nlohmann::ordered_json newest(std::size_t most) const;
  static constexpr std::size_t kMaxActs = 500;
  static constexpr std::size_t kMaxBytes = std::size_t{512} * 1024;  // all their lines together

 private:
  struct Act {
    nlohmann::ordered_json line;
    std::size_t bytes = 0;
  };

  void read_earlier();
  void keep(const nlohmann::ordered_json& line, std::size_t bytes);  // with the mutex held

  std::string path_;
  mutable std::mutex mutex_;
  std::deque<Act> acts_{};  // the oldest first
  std::size_t bytes_ = 0;   // the lines of acts_
};

}  // namespace forkmill::web
