// From what the user wrote to what goes over the wire.
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/submit_options.h>

#include <string>

#include "client/engine/engine.h"

namespace forkmill::client {

Prepared prepare(const SubmitOptions& options);  // throws what validate() throws
ClientOptions completed(ClientOptions options);  // endpoint and name filled in; throws Error
std::string host_name();

}  // namespace forkmill::client
