// Pipe: both ends of a pipe(2), closed on exec.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

struct Pipe {
  proto::Descriptor reader, writer;
};

// Throws std::system_error.
inline Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error{errno, std::generic_category(), "pipe2"};
  return {proto::Descriptor{ends[0]}, proto::Descriptor{ends[1]}};
}

}  // namespace forkmill::worker
