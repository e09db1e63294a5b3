// The mutants of stores in PostgreSQL: each has a deliberate fault that a trial must find.
#pragma once

#include <span>

#include "broker/store/postgres/mutants.h"
#include "tests/sim/postgres/servers.h"

namespace forkmill::sim {

struct ServerMutant {
  const char* name;
  const char* fault;  // for the report
  broker::PostgresMutant store = broker::PostgresMutant::none;
  ServerFaults faults{};
};

std::span<const ServerMutant> server_mutants();

}  // namespace forkmill::sim
