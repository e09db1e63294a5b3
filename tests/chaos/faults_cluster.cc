// Faults of brokers that share a database, and of its servers.
#include <libpq-fe.h>
#include <signal.h>

#include <memory>

#include "tests/chaos/faults.h"

namespace forkmill::chaos {

namespace {

constexpr const char* kWaiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

}  // namespace

// ---- Takeovers ------------------------------------------------------------------------------------------------------

Ongoing Faults::cut_from_database(std::size_t broker) {
  Database& database = *cluster_.database();
  const auto how_long = span(500, 12'000);
  cluster_.unsettle(how_long);
  database.cut_broker(broker, true);
  return {now_us() + how_long, [this, &database, broker] {
            database.cut_broker(broker, false);
            database.reset_broker(broker);
            cluster_.unsettle(0);
          }};
}

void Faults::add_takeovers() {
  add("owner cut from the database", [this] { return cut_from_database(cluster_.brokers().owner()); });
  add("a broker cut from the database", [this] { return cut_from_database(random_.below(cluster_.brokers().size())); });
  add("connections to the database reset", [this] {
    cluster_.unsettle(0);
    for (std::size_t i = 0; i < cluster_.brokers().size(); ++i) cluster_.database()->reset_broker(i);
    return once();
  });
  add("kill -9 of the owner and of its successor", [this] {
    const std::size_t owner = cluster_.brokers().owner();
    if (!cluster_.brokers()[owner].runs()) return Ongoing{};
    constexpr std::int64_t kPatience = 20'000'000;
    cluster_.unsettle(kPatience);
    cluster_.brokers()[owner].signal(SIGKILL);
    return Ongoing{now_us() + kPatience, [this] { cluster_.broker().signal(SIGKILL); },
                   [this, owner] { return cluster_.brokers().owner() != owner; }};
  });
  add("kill -9 of all brokers", [this] {
    cluster_.unsettle(0);
    for (std::size_t i = 0; i < cluster_.brokers().size(); ++i) cluster_.brokers()[i].signal(SIGKILL);
    return once();
  });
}

// ---- Servers --------------------------------------------------------------------------------------------------------

// Kills the primary after its standby was cut off for `cut_before`: commits wait for it, and are lost or not.
Ongoing Faults::fail_over(std::int64_t cut_before) {
  Database& database = *cluster_.database();
  if (!database.tend()) return {};
  constexpr std::int64_t kPatience = 30'000'000;
  cluster_.unsettle(cut_before + kPatience);
  if (cut_before > 0) database.cut_standby(true);
  return {now_us() + cut_before, [this, &database] {
            if (database.tend()) database.fail_over();
            database.cut_standby(false);
            cluster_.unsettle(kPatience);
          }};
}

// Kills the primary, and the next one as soon as that has a standby of its own.
Ongoing Faults::fail_over_twice() {
  Database& database = *cluster_.database();
  if (!database.tend()) return {};
  constexpr std::int64_t kPatience = 60'000'000;
  cluster_.unsettle(kPatience);
  database.fail_over();
  return {now_us() + kPatience,
          [this, &database] {
            if (database.tend()) database.fail_over();
            cluster_.unsettle(kPatience);
          },
          [&database] { return database.tend(); }};
}

void Faults::add_failovers() {
  add("kill -9 of the primary", [this] { return fail_over(0); });
  add("kill -9 of the primary within commits", [this] { return fail_over(span(100, 1500)); });
  add("kill -9 of the primary and of its successor", [this] { return fail_over_twice(); });
  add("kill -9 of the primary and of the owner", [this] {
    Ongoing failing = fail_over(0);
    if (failing.end) cluster_.broker().signal(SIGKILL);
    return failing;
  });
  add("primary cut from its standby", [this] {
    Database& database = *cluster_.database();
    const auto how_long = span(500, 6000);
    cluster_.unsettle(how_long);
    database.cut_standby(true);
    return Ongoing{now_us() + how_long, [&database] { database.cut_standby(false); }};
  });
}

// ---- Disks and clocks of servers ------------------------------------------------------------------------------------

// A server whose disk is full ends, or all of its sessions do, and it is started again.
Ongoing Faults::fill_database_disk(std::size_t server) {
  Database& database = *cluster_.database();
  if (!database.tend() || !database.fill_disk(server)) return {};
  const auto how_long = span(500, 5000);
  constexpr std::int64_t kRecovery = 15'000'000;
  cluster_.unsettle(how_long + kRecovery);
  return {now_us() + how_long, [this, &database, server] {
            database.free_disk(server);
            cluster_.unsettle(kRecovery);
          }};
}

void Faults::add_database_disks() {
  const std::string why = cluster_.database()->own_disks() ? "" : kNotRoot;
  add(
      "disk of the standby full", [this] { return fill_database_disk(cluster_.database()->standby()); }, why);
  add(
      "disk of the primary full", [this] { return fill_database_disk(cluster_.database()->primary()); }, why);
}

// Leases end early, or last for an hour. The servers have different clocks afterwards, so that a failover is a jump
// too.
Ongoing Faults::set_database_clock(std::int64_t by) {
  Database& database = *cluster_.database();
  const std::size_t server = random_.below(database.size());
  constexpr std::int64_t kLinksEnd = 5'000'000;  // the primary and its standby give each other up by this clock
  cluster_.unsettle(kLinksEnd);
  database.set_clock(server, database.clock(server) + by);
  return once();
}

void Faults::add_database_clocks() {
  constexpr std::uint64_t kHour = 3600;
  constexpr std::uint64_t kLittle = 10;
  const auto how_far = [this] {
    return static_cast<std::int64_t>(random_.between(1, random_.chance(0.5) ? kLittle : kHour));
  };
  add("clock of a server set forward", [this, how_far] { return set_database_clock(how_far()); });
  add("clock of a server set back", [this, how_far] { return set_database_clock(-how_far()); });
}

// ---- Other sessions -------------------------------------------------------------------------------------------------

Ongoing Faults::other_session(const std::string& sql) {
  auto session = std::make_shared<Session>(cluster_.database()->open(sql));
  if (*session == nullptr) return {};
  const auto how_long = span(500, 5000);
  cluster_.unsettle(how_long);
  return {now_us() + how_long, [session] { session->reset(); }};
}

void Faults::add_other_sessions() {
  const auto end_some = [this](const std::string& sql) {
    cluster_.unsettle(0);
    return cluster_.database()->execute(sql) ? once() : Ongoing{};
  };
  add("wait for the standby cancelled",
      [end_some] { return end_some(std::string{"SELECT pg_cancel_backend(pid) "} + kWaiting); });
  add("wait for the standby ended with its session",
      [end_some] { return end_some(std::string{"SELECT pg_terminate_backend(pid) "} + kWaiting); });
  add("sessions of brokers ended", [end_some] {
    return end_some(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'forkmill-broker%'");
  });
  add("long transaction of another program", [this] {
    return other_session("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM forkmill.shard, forkmill.span");
  });
  add("row of the shard locked by another program",
      [this] { return other_session("BEGIN; SELECT 1 FROM forkmill.shard FOR UPDATE"); });
}

}  // namespace forkmill::chaos
