#include "tests/bench/forkmill/postgres.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/eventually.h"
#include "tests/postgres_programs.h"

namespace forkmill::bench {

Postgres::Postgres(const std::string& parent, bool with_standby)
    : with_standby_{with_standby}, port_{free_port()}, scratch_{parent} {
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr || ::chown(path().c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error{"there is no user postgres, as whom the server runs"};
  }
  const std::string programs = tests::postgres_programs();
  run({programs + "initdb", "-D", scratch_.path("primary"), "-N", "-A", "trust", "-U", "forkmill", "-E", "UTF8",
       "--locale=C"});
  primary_.emplace(start("primary", port_));
  await("SELECT true");
  if (!with_standby_) return;
  run({programs + "pg_basebackup", "-D", scratch_.path("standby"), "-R", "-c", "fast", "-N", "-h", "127.0.0.1", "-p",
       std::to_string(port_), "-U", "forkmill"});
  standby_.emplace(start("standby", free_port()));
  run({programs + "psql", "-XAtq", "-h", "127.0.0.1", "-p", std::to_string(port_), "-U", "forkmill", "-d", "postgres",
       "-c", "ALTER SYSTEM SET synchronous_standby_names = '*'", "-c", "SELECT pg_reload_conf()"});
  await("SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'");
}

std::vector<std::string> Postgres::as_user(std::vector<std::string> argv) const {
  if (::geteuid() == 0)
    argv.insert(argv.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"});
  return argv;
}

void Postgres::run(const std::vector<std::string>& argv) const {
  if (Child::program(as_user(argv)).wait() != 0) throw std::runtime_error{argv.front() + " has failed"};
}

Child Postgres::start(const std::string& name, int port) const {
  return Child::program(
      as_user({tests::postgres_programs() + "postgres", "-D", scratch_.path(name), "-k", path(), "-p",
               std::to_string(port), "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=256MB", "-c",
               "max_wal_size=4GB", "-c", "log_min_messages=fatal", "-c", "log_checkpoints=off"}));
}

void Postgres::await(const std::string& question) const {
  const std::string programs = tests::postgres_programs();
  const bool answered = tests::eventually(
      [&] {
        const std::string command = programs + "psql -XAtq -h 127.0.0.1 -p " + std::to_string(port_) +
                                    " -U forkmill -d postgres -c \"" + question + "\" 2>/dev/null | grep -q t";
        return Child::program({"sh", "-c", command}).wait() == 0;
      },
      std::chrono::seconds{60});
  if (!answered) throw std::runtime_error{"the PostgreSQL server does not answer"};
}

std::vector<std::string> Postgres::broker_arguments() const {
  return {"--store", "postgresql://forkmill@127.0.0.1:" + std::to_string(port_) + "/postgres", "--durability",
          with_standby_ ? "standby" : "local"};
}

}  // namespace forkmill::bench
