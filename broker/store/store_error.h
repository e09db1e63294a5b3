// StoreError: how the parts of a store tell each other that something went wrong for good. The store's own functions
// catch it and give its text as proto::Failure.
#pragma once

#include <stdexcept>
#include <string>

#include "proto/result.h"

namespace forkmill::broker {

class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  proto::Failure failure() const { return {Errc::unknown, what()}; }
};

// "WHAT: No such file or directory"
[[noreturn]] void throw_system_error(const std::string& what, int error);

}  // namespace forkmill::broker
