#include "tests/sim/postgres/servers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tests/sim/world/violation.h"

namespace forkmill::sim {

std::size_t SimServer::append(Database database) {
  if (database.commit < log.back()->commit)
    throw Violation{"commit " + std::to_string(database.commit) + " is made after commit " +
                    std::to_string(log.back()->commit)};
  log.push_back(std::make_shared<const Database>(std::move(database)));
  return log.size() - 1;
}

Backend* SimServer::holder() const {
  for (const auto& backend : backends)
    if (backend->is_alive() && backend->process() == row_locked_by) return backend.get();
  return nullptr;
}

void SimServer::show(std::size_t place) {
  seen = std::max(seen, place);
  if (visible().lease.epoch > lease.epoch) lease = visible().lease;
}

bool SimServer::has_announced(std::uint64_t epoch) const {
  return std::any_of(backends.begin(), backends.end(),
                     [&](const auto& backend) { return epoch != 0 && backend->announced() == epoch; });
}

void SimServer::end_sessions() {
  for (const auto& backend : backends) backend->crash();
  backends.clear();
  row_locked_by = 0;
}

SimServers::SimServers(Random& random, const ServerFaults& faults)
    : random_{random}, all_{SimServer{faults}, SimServer{faults}} {
  other().is_primary = false;
}

std::shared_ptr<Backend> SimServers::connect() {
  constexpr double kOther = 0.2;
  SimServer& server = !healed_ && random_.chance(kOther) ? other() : primary();
  if (!server.is_up) return nullptr;
  server.backends.push_back(std::make_shared<Backend>(server, ++processes_));
  return server.backends.back();
}

void SimServers::step() {
  constexpr double kOwnWay = 0.4;
  if (!cut_ && random_.chance(healed_ ? 1 : kOwnWay)) replicate();
  for (SimServer& server : all_) {
    std::erase_if(server.backends, [](const auto& backend) { return !backend->is_alive(); });
    for (const auto& backend : server.backends)
      if (backend->is_orphaned() && random_.chance(kOwnWay)) backend->step();
  }
}

void SimServers::replicate() {
  SimServer& from = primary();
  if (!joined_ || from.standby_has >= from.log.size()) return;
  other().log.push_back(from.log[from.standby_has++]);
  other().show(other().log.size() - 1);
}

void SimServers::crash_primary() {
  SimServer& server = primary();
  server.end_sessions();
  server.show(server.log.size() - 1);
}

void SimServers::promote_standby() {
  if (!joined_) return;
  joined_ = false;
  if (random_.chance(0.5)) {
    primary().end_sessions();
    primary().is_up = false;
  }
  primary_ = 1 - primary_;
  primary().is_primary = true;
  primary().standby_has = 0;
  primary().waits_for_standby = true;
}

void SimServers::join_standby() {
  if (joined_) return;
  joined_ = true;
  SimServer& server = other();
  server.end_sessions();
  server.is_up = true;
  server.is_primary = false;
  server.waits_for_standby = true;
  server.log = primary().log;
  server.lease = primary().lease;
  server.seen = 0;
  server.show(server.log.size() - 1);
  primary().standby_has = primary().log.size();
}

std::uint64_t SimServers::restore_backup() {
  SimServer& server = primary();
  const std::size_t keep = 1 + random_.below(server.seen + 1);
  server.end_sessions();
  server.log.resize(keep);
  server.seen = keep - 1;
  server.lease = server.visible().lease;
  joined_ = false;
  join_standby();
  return server.visible().commit;
}

void SimServers::pass_time(std::int64_t time) {
  for (SimServer& server : all_) server.clock += time;
}

Backend* SimServers::some_waiting() {
  std::vector<Backend*> some;
  for (SimServer& server : all_)
    for (const auto& backend : server.backends)
      if (backend->waits_for_standby()) some.push_back(backend.get());
  return some.empty() ? nullptr : random_.pick(some);
}

Backend* SimServers::some_session() {
  std::vector<Backend*> some;
  for (SimServer& server : all_)
    for (const auto& backend : server.backends)
      if (backend->is_alive()) some.push_back(backend.get());
  return some.empty() ? nullptr : random_.pick(some);
}

void SimServers::heal() {
  healed_ = true;
  cut_ = false;
  primary().waits_for_standby = true;
  join_standby();
}

}  // namespace forkmill::sim
