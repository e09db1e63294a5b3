// Options of users, checked, completed and in the form in which they go over the wire.
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/submit_options.h>

#include <string>

#include "client/session/requests.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

struct Prepared {
  std::string queue;
  TaskPlace place;
  proto::TaskOptions options;
};

// Throws what validate() throws.
Prepared prepare(const SubmitOptions& options);
// Fills in endpoint and name, and moves time limits into their ranges. Throws Error for other values out of range.
ClientOptions completed(ClientOptions options);

}  // namespace forkmill::client
