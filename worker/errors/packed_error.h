// Handler errors as msgpack: [code, type, message, backtrace, cause], as proto/pool_tasks.h has them.
#pragma once

#include <string>
#include <string_view>

#include "worker/errors/handler_error.h"

namespace forkmill::worker {

// Appends the packed error to `out`.
void pack_error(std::string& out, const HandlerError& error);

// Throws DecodeError if `bytes` are no packed error.
HandlerError unpack_error(std::string_view bytes);

}  // namespace forkmill::worker
