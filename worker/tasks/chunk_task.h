// forkmill.chunk: calls one registered function for each item of a list (proto/pool_tasks.h). Every worker has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "worker/tasks/registry.h"

namespace forkmill::worker {

// Finds the function that a task of every worker is to call. A signature of 0 is not checked. Throws Relayed
// (errors/handler_error.h), to be reported as unknown_task or signature_mismatch.
const Registration& function_of(const Registry& registry, const std::string& name, std::uint64_t signature);

// The registry must outlive the handler.
std::unique_ptr<detail::Handler> make_chunk_handler(const Registry& registry);

}  // namespace forkmill::worker
