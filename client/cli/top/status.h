// TopStatus: the first line of `forkmill top`: whether the broker answers, its load, and how fast tasks end. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/cli/views/json.h"

namespace forkmill::cli {

class TopStatus {
 public:
  explicit TopStatus(std::string endpoint) : endpoint_{std::move(endpoint)} {}

  // The answer to QUERY status, at a time in milliseconds since 1970.
  void told(const Json& body, std::int64_t now_ms);
  void set_connected(bool connected) { is_connected_ = connected; }

  std::string text() const;
  bool is_alarming() const;

 private:
  std::string endpoint_;
  bool is_connected_ = true;
  std::optional<Json> body_{};
  std::int64_t at_ms_ = 0;
  std::optional<double> rate_{};  // tasks that end in a second
};

}  // namespace forkmill::cli
