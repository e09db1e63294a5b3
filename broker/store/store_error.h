// StoreError: the exception that the parts of a store throw for a final failure. The functions of Store catch it and
// return its text as a proto::Failure.
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

// Throws StoreError{"WHAT: No such file or directory"} for errno `error`.
[[noreturn]] void throw_system_error(const std::string& what, int error);

}  // namespace forkmill::broker
