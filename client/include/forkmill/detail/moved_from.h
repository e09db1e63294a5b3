// The error of the members of a moved-from handle. For the library.
#pragma once

#include <stdexcept>
#include <string>

namespace forkmill::detail {

// Throws std::logic_error. what: the kind of handle.
[[noreturn]] inline void throw_moved_from(const char* what) {
  throw std::logic_error{"this " + std::string{what} + " is empty: it was moved from"};
}

}  // namespace forkmill::detail
