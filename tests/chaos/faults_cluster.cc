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

void Faults::add_failovers() {
  add("kill -9 of the primary", [this] { return fail_over(0); });
  add("kill -9 of the primary within commits", [this] { return fail_over(span(100, 1500)); });
  add("primary cut from its standby", [this] {
    Database& database = *cluster_.database();
    const auto how_long = span(500, 6000);
    cluster_.unsettle(how_long);
    database.cut_standby(true);
    return Ongoing{now_us() + how_long, [&database] { database.cut_standby(false); }};
  });
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
