#include "tests/chaos/database.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "tests/bench/measure/child.h"
#include "tests/chaos/isolation.h"
#include "tests/chaos/journal.h"
#include "tests/eventually.h"
#include "tests/postgres_programs.h"

namespace forkmill::chaos {

namespace {

constexpr const char* kUser = "forkmill";
constexpr std::uint64_t kDiskBytes = 4ULL << 30;

// Servers do not run as root.
void give_to_servers(const std::string& path) {
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error{"there is no user postgres, as whom the servers run"};
}

std::string address(std::uint16_t port) {
  return "host=127.0.0.1 port=" + std::to_string(port) + " user=" + kUser + " dbname=postgres connect_timeout=3";
}

}  // namespace

Database::Database(std::string folder, std::size_t brokers, bool isolated)
    : folder_{std::move(folder)}, programs_{tests::postgres_programs()}, own_disks_{isolated} {
  std::filesystem::create_directory(folder_);
  give_to_servers(folder_);
  std::filesystem::copy_file(CHAOS_CLOCK_LIBRARY, folder_ + "/clock.so");  // where their user can read it
  for (std::size_t i = 0; i < servers_.size(); ++i) make_server(i, brokers);
  constexpr int kPatience = 60'000;  // milliseconds
  Program making{
      command({programs_ + "initdb", "-D", data(0), "-N", "-A", "trust", "-U", kUser, "-E", "UTF8", "--locale=C"})};
  if (making.end_within(kPatience) != 0) throw std::runtime_error{"initdb has failed: " + folder_};
  start(0);
  state_ = State::promoting;
  const bool is_whole = tests::eventually([this] { return tend(); }, std::chrono::seconds{90});
  if (!is_whole) throw std::runtime_error{"the standby does not follow the primary: " + folder_};
  check_clock();
}

Database::~Database() {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    servers_[i].program = {};
    if (own_disks_) unmount_disk(disk(i));
  }
}

void Database::make_server(std::size_t number, std::size_t brokers) {
  Server& server = servers_.at(number);
  server.port = static_cast<std::uint16_t>(bench::free_port());
  server.followers = std::make_unique<Proxy>(server.port);
  for (std::size_t i = 0; i < brokers; ++i) server.brokers.push_back(std::make_unique<Proxy>(server.port));
  server.clock = std::make_unique<ShiftedClock>(folder_ + "/clock-" + std::to_string(number), folder_ + "/clock.so");
  make_disk(disk(number));
}

void Database::make_disk(const std::string& path) {
  std::filesystem::create_directory(path);
  own_disks_ = own_disks_ && mount_disk(path, kDiskBytes);
  give_to_servers(path);
}

// A server whose clock the ring cannot set would pass all that is about clocks.
void Database::check_clock() const {
  constexpr std::int64_t kAhead = 1000;
  ShiftedClock& clock = *servers_[primary_].clock;
  const std::string before = ask("SELECT extract(epoch FROM clock_timestamp())::bigint");
  clock.set(kAhead);
  const std::string after = ask("SELECT extract(epoch FROM clock_timestamp())::bigint");
  clock.set(0);
  if (number_in(after) < number_in(before) + kAhead)
    throw std::runtime_error{"the clock of a server is not set: " + folder_};
}

Start Database::command(const std::vector<std::string>& argv) const {
  Start start{argv};
  if (::geteuid() == 0)
    start.argv.insert(start.argv.begin(),
                      {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"});
  start.log = folder_ + ".log";
  return start;
}

void Database::start(std::size_t server) {
  std::vector<std::string> argv{
      programs_ + "postgres", "-D", data(server), "-k", folder_, "-p", std::to_string(servers_[server].port)};
  for (const char* setting :
       {"listen_addresses=127.0.0.1", "shared_buffers=64MB", "max_connections=150", "synchronous_standby_names=*",
        "wal_sender_timeout=3s", "wal_receiver_timeout=3s", "wal_keep_size=256MB", "max_wal_size=512MB",
        "wal_recycle=off", "wal_init_zero=off"})  // a full disk has no room for the log that is in files of before
    argv.insert(argv.end(), {"-c", setting});
  Start how = command(argv);
  how.environment = servers_[server].clock->environment();
  servers_[server].program = Program{how};
  servers_[server].due = 0;
}

bool Database::revive(std::size_t server) {
  constexpr std::int64_t kPause = 300'000;  // microseconds
  if (servers_[server].program.ended()) servers_[server].due = now_us() + kPause;
  const bool is_due = servers_[server].due != 0 && now_us() >= servers_[server].due;
  if (is_due) start(server);
  return is_due;
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
  if (killed.program.runs()) killed.program.end_within(10'000);
  killed.due = 0;
  primary_ = 1 - primary_;
  state_ = State::promoting;
}

bool Database::tend() {
  const std::size_t other = standby();
  revive(primary_);
  if ((state_ == State::joining || state_ == State::whole) && revive(other)) state_ = State::joining;
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

// ---- Other programs -------------------------------------------------------------------------------------------------

Session Database::open(const std::string& sql) const {
  Session session{PQconnectdb(address(servers_[primary_].port).c_str()), PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(session.get(), sql.c_str()), PQclear};
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) session.reset();
  return session;
}

bool Database::execute(const std::string& sql) const { return open(sql) != nullptr; }

std::string Database::answer_of(std::size_t server, const std::string& question) const {
  const Session session{PQconnectdb(address(servers_[server].port).c_str()), PQfinish};
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(session.get(), question.c_str()), PQclear};
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) == 0) return {};
  return PQgetvalue(result.get(), 0, 0);
}

// ---- Disks ----------------------------------------------------------------------------------------------------------

bool Database::fill_disk(std::size_t server) {
  Server& its = servers_.at(server);
  if (its.is_full) return false;
  its.is_full = shrink_disk(disk(server), 0);
  return its.is_full;
}

void Database::free_disk(std::size_t server) {
  if (!resize_disk(disk(server), kDiskBytes))
    throw std::runtime_error{"the disk of a server cannot be made larger again"};
  servers_.at(server).is_full = false;
}

// ---- Ways -----------------------------------------------------------------------------------------------------------

// A connection that lost bytes ends with the cut: a server whose clock was set back meanwhile waits for it for longer.
void Database::cut_standby(bool is_cut) {
  for (Server& server : servers_) {
    if (is_cut) {
      server.followers->swallow(true, true);
    } else {
      server.followers->heal();
      server.followers->reset();
    }
  }
}

void Database::cut_broker(std::size_t broker, bool is_cut) {
  for (Server& server : servers_)
    is_cut ? server.brokers.at(broker)->swallow(true, true) : server.brokers.at(broker)->heal();
}

void Database::reset_broker(std::size_t broker) {
  for (Server& server : servers_) server.brokers.at(broker)->reset();
}

}  // namespace forkmill::chaos
