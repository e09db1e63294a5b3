#include "tests/chaos/database.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/bench/measure/child.h"
#include "tests/eventually.h"

namespace forkmill::chaos {

namespace {

constexpr const char* kUser = "forkmill";

// The folder of the programs of the newest PostgreSQL of this machine.
std::string postgres_programs() {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored})
    if (std::filesystem::exists(entry.path() / "bin/initdb")) newest = std::max(newest, entry.path().string());
  if (newest.empty()) throw std::runtime_error{"there is no PostgreSQL server: deploy/install-deps --cluster"};
  return newest + "/bin/";
}

std::string address(std::uint16_t port) {
  return "host=127.0.0.1 port=" + std::to_string(port) + " user=" + kUser + " dbname=postgres connect_timeout=3";
}

}  // namespace

Database::Database(std::string folder, std::size_t brokers, std::vector<std::string> environment)
    : folder_{std::move(folder)}, environment_{std::move(environment)}, programs_{postgres_programs()} {
  std::filesystem::create_directory(folder_);
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error{"there is no user postgres, as whom the servers run"};
  }
  for (Server& server : servers_) {
    server.port = static_cast<std::uint16_t>(bench::free_port());
    server.followers = std::make_unique<Proxy>(server.port);
    for (std::size_t i = 0; i < brokers; ++i) server.brokers.push_back(std::make_unique<Proxy>(server.port));
  }
  constexpr int kPatience = 60'000;  // milliseconds
  Program making{
      command({programs_ + "initdb", "-D", data(0), "-N", "-A", "trust", "-U", kUser, "-E", "UTF8", "--locale=C"})};
  if (making.end_within(kPatience) != 0) throw std::runtime_error{"initdb has failed: " + folder_};
  start(0);
  state_ = State::promoting;
  const bool is_whole = tests::eventually([this] { return tend(); }, std::chrono::seconds{90});
  if (!is_whole) throw std::runtime_error{"the standby does not follow the primary: " + folder_};
}

Start Database::command(const std::vector<std::string>& argv) const {
  Start start{argv};
  if (::geteuid() == 0)
    start.argv.insert(start.argv.begin(),
                      {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"});
  start.environment = environment_;
  start.log = folder_ + ".log";
  return start;
}

void Database::start(std::size_t server) {
  std::vector<std::string> argv{
      programs_ + "postgres", "-D", data(server), "-k", folder_, "-p", std::to_string(servers_[server].port)};
  for (const char* setting :
       {"listen_addresses=127.0.0.1", "shared_buffers=64MB", "max_connections=150", "synchronous_standby_names=*",
        "wal_sender_timeout=3s", "wal_receiver_timeout=3s", "wal_keep_size=256MB"})
    argv.insert(argv.end(), {"-c", setting});
  servers_[server].program = Program{command(argv)};
}

Start Database::copy_of(std::size_t server) const {
  return command({programs_ + "pg_basebackup", "-D", data(1 - server), "-R", "-c", "fast", "-N", "-d",
                  address(port_of(*servers_[server].followers))});
}

std::uint16_t Database::port_of(const Proxy& proxy) {
  const std::string endpoint = proxy.endpoint();
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

std::string Database::url(std::size_t broker) const {
  std::string hosts;
  for (const Server& server : servers_)
    hosts += (hosts.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(port_of(*server.brokers.at(broker)));
  return std::string{"postgresql://"} + kUser + "@" + hosts + "/postgres?target_session_attrs=primary";
}

// ---- Failovers ------------------------------------------------------------------------------------------------------

void Database::fail_over() {
  ++failovers_;
  Server& killed = servers_[primary_];
  killed.program.signal(SIGKILL);
  killed.program.end_within(10'000);
  primary_ = 1 - primary_;
  state_ = State::promoting;
}

bool Database::tend() {
  const std::size_t other = 1 - primary_;
  switch (state_) {
    case State::promoting:
      if (!answers(primary_, "SELECT NOT pg_is_in_recovery() OR pg_promote(false)") ||
          !answers(primary_, "SELECT NOT pg_is_in_recovery()"))
        return false;
      std::filesystem::remove_all(data(other));
      copying_ = Program{copy_of(primary_)};
      state_ = State::copying;
      return false;
    case State::copying: {
      const auto status = copying_.ended();
      if (!status) return false;
      if (*status != 0) {
        state_ = State::promoting;
        return false;
      }
      start(other);
      state_ = State::joining;
      return false;
    }
    case State::joining:
      if (!answers(primary_, "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'")) return false;
      state_ = State::whole;
      return true;
    default:
      return true;
  }
}

// ---- Other programs, and ways ---------------------------------------------------------------------------------------

Session Database::open(const std::string& sql) const {
  Session session{PQconnectdb(address(servers_[primary_].port).c_str()), PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(session.get(), sql.c_str()), PQclear};
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) session.reset();
  return session;
}

bool Database::execute(const std::string& sql) const { return open(sql) != nullptr; }

bool Database::answers(std::size_t server, const std::string& question) const {
  const Session session{PQconnectdb(address(servers_[server].port).c_str()), PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(session.get(), question.c_str()), PQclear};
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK && std::string{PQgetvalue(result.get(), 0, 0)} == "t";
}

void Database::cut_standby(bool is_cut) {
  for (Server& server : servers_) is_cut ? server.followers->swallow(true, true) : server.followers->heal();
}

void Database::cut_broker(std::size_t broker, bool is_cut) {
  for (Server& server : servers_)
    is_cut ? server.brokers.at(broker)->swallow(true, true) : server.brokers.at(broker)->heal();
}

void Database::reset_broker(std::size_t broker) {
  for (Server& server : servers_) server.brokers.at(broker)->reset();
}

}  // namespace forkmill::chaos
