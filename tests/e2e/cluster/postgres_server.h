// PostgresServer: a real PostgreSQL server for tests, in a directory of its own, on a Unix socket only. Runs as another
// user if the tests run as root. Ends with the object.
#pragma once

#include <libpq-fe.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/worker/cluster.h"
#include "tests/postgres_programs.h"

namespace forkmill::test {

class PostgresServer {
 public:
  // A new server with the user `forkmill`, not started.
  PostgresServer() {
    make_folder();
    run({"initdb", "-D", data(), "-N", "-A", "trust", "-U", "forkmill", "-E", "UTF8", "--locale=C"});
  }
  // A standby of a server that runs; not started.
  struct StandbyOf {
    const PostgresServer& primary;
  };
  explicit PostgresServer(const StandbyOf& of) {
    make_folder();
    run({"pg_basebackup", "-D", data(), "-R", "-c", "fast", "-N", "-d", of.primary.url("", "replication=true")});
  }
  ~PostgresServer() {
    stop(SIGQUIT);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Starts it with these settings, such as "fsync=off", and waits until it answers.
  void start(const std::vector<std::string>& settings = {}) {
    std::vector<std::string> argv{"postgres", "-D", data(), "-k", folder_};
    for (const char* setting : {"listen_addresses=", "shared_buffers=32MB", "max_connections=40", "fsync=on"})
      argv.insert(argv.end(), {"-c", setting});
    for (const std::string& setting : settings) argv.insert(argv.end(), {"-c", setting});
    process_.emplace(as_user(of_postgres(std::move(argv))), log());
    if (!eventually([&] { return PQping(url().c_str()) == PQPING_OK; })) throw std::runtime_error{"no start: " + log()};
  }
  // SIGINT ends its sessions, SIGQUIT is a crash, SIGTERM waits for sessions.
  void stop(int how = SIGINT) {
    if (!process_) return;
    signal_all(SIGCONT);
    process_->signal(how);
    process_->wait();
    process_.reset();
  }
  void restart(const std::vector<std::string>& settings = {}) {
    stop();
    start(settings);
  }
  // To all of its processes.
  void signal_all(int number) const {
    for (const pid_t pid : all_children()) ::kill(pid, number);
    process_->signal(number);
  }

  // Copies the data, as a backup does, or puts such a copy in their place. REQUIRES: the server does not run.
  void back_up() const { run_here({"cp", "-a", data(), folder_ + "/backup"}); }
  void restore() const {
    std::filesystem::remove_all(data());
    run_here({"cp", "-a", folder_ + "/backup", data()});
  }
  // Starts another program of servers as their user, with what it says in a log.
  Process start_beside(const std::vector<std::string>& argv) const { return Process{as_user(argv), log()}; }

  const std::string& folder() const { return folder_; }
  std::string data() const { return folder_ + "/data"; }
  std::string url(const std::string& database = "postgres", const std::string& more = "") const {
    return "postgresql:///" + database + "?user=forkmill&host=" + folder_ + (more.empty() ? "" : "&" + more);
  }

  // The first value of the result; empty: none. Throws std::runtime_error.
  std::string sql(const std::string& text, const std::string& database = "postgres") const {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{PQconnectdb(url(database).c_str()), PQfinish};
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(connection.get(), text.c_str()), PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error{text + ": " + PQerrorMessage(connection.get())};
    return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
  }

 private:
  void make_folder() {
    if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    if (::geteuid() != 0) return;
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error{"chown"};
    user_ = {"--reuid=" + std::to_string(user->pw_uid), "--regid=" + std::to_string(user->pw_gid), "--clear-groups"};
  }
  static std::vector<std::string> of_postgres(std::vector<std::string> argv) {
    argv.front() = tests::postgres_programs() + argv.front();
    return argv;
  }
  std::vector<std::string> as_user(const std::vector<std::string>& argv) const {
    std::vector<std::string> line{"/usr/bin/setpriv", "--pdeathsig", "SIGQUIT"};
    line.insert(line.end(), user_.begin(), user_.end());
    line.insert(line.end(), argv.begin(), argv.end());
    return line;
  }
  void run(const std::vector<std::string>& argv) const { run_here(of_postgres(argv)); }
  void run_here(std::vector<std::string> argv) const {
    const std::string program = argv.front();
    if (argv.front().find('/') == std::string::npos) argv.front() = "/usr/bin/" + argv.front();
    if (Process{as_user(argv), log()}.exit_code() == 0) return;
    std::ifstream text{log()};
    throw std::runtime_error{program + " failed: " + std::string{std::istreambuf_iterator<char>{text}, {}}};
  }
  std::vector<pid_t> all_children() const {
    std::ifstream list{"/proc/" + std::to_string(process_->pid()) + "/task/" + std::to_string(process_->pid()) +
                       "/children"};
    return {std::istream_iterator<pid_t>{list}, {}};
  }
  std::string log() const { return folder_ + "/log"; }

  std::string folder_ = std::filesystem::temp_directory_path() / "forkmill-pg-XXXXXX";
  std::vector<std::string> user_;
  std::optional<Process> process_;
};

// The server that the tests of this program share, with one database and no standby.
inline PostgresServer& shared_server() {
  static PostgresServer server;
  [[maybe_unused]] static const bool started = (server.start(), true);
  return server;
}

}  // namespace forkmill::test
