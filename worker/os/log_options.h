// How a worker logs, by its options.
#pragma once

#include <forkmill/worker_options.h>

#include "proto/os/output/logging.h"

namespace forkmill::worker {

// REQUIRES: the options have passed check() of worker/options.h.
inline proto::LogOptions log_options(const WorkerOptions& options) {
  return {options.log_level, options.log_format, options.log_file, options.log_size, options.log_files};
}

}  // namespace forkmill::worker
