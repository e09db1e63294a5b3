// Failure: an error of a request, as the peer sees it.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "client/web/http/message.h"

namespace forkmill::web {

class Failure : public std::runtime_error {
 public:
  // code: a word for programs, which stays the same. fix: what to do about it; empty: the message says it.
  Failure(unsigned status, std::string code, const std::string& message, std::string fix = "")
      : std::runtime_error{message}, status_{status}, code_{std::move(code)}, fix_{std::move(fix)} {}

  unsigned status() const { return status_; }
  const std::string& code() const { return code_; }
  // {"error": {"code", "message", "fix"}}
  Response response() const;
  // The same on one line.
  std::string line() const;

 private:
  std::string json(int indent) const;

  unsigned status_;
  std::string code_;
  std::string fix_;
};

// The failure that an exception of a handler stands for. Errors of forkmill keep the names of their codes.
Failure failure_of(const std::exception_ptr& error);

}  // namespace forkmill::web
