// The metrics of this process, with the names that the client libraries of Prometheus use.
#pragma once

#include "client/web/metrics/exposition.h"

namespace forkmill::web {

// Reads /proc/self. Adds what can be read.
void add_process(Exposition& text);

}  // namespace forkmill::web
