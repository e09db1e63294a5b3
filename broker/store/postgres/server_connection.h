// ServerConnection: a session with a PostgreSQL server by libpq.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/store/postgres/patience.h"
#include "broker/store/postgres/server_address.h"
#include "broker/store/postgres/server_session.h"

struct pg_conn;

namespace forkmill::broker {

class ServerConnection final : public ServerSession {
 public:
  // Connects. `patience` outlives the object.
  ServerConnection(const ServerAddress& address, const Patience& patience);
  ~ServerConnection() override;
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  using ServerSession::send;
  void send(const ServerStatement& statement, const Parameters& parameters) override;
  std::vector<Rows> finish() override;
  void stream(const ServerStatement& statement, const Parameters& parameters,
              const std::function<void(const Rows&)>& visit) override;
  void forget_statements() override;
  std::string take_warning() override { return std::exchange(warning_, {}); }
  int server_process() const override;

 private:
  using Clock = std::chrono::steady_clock;

  void prepare(const ServerStatement& statement);
  void check(int sent);
  void flush();
  // Waits until the server has sent or taken something. `writes`: there is something to send.
  void wait(Clock::time_point end, bool writes);
  pg_result* next_result(Clock::time_point end);
  std::string error() const;
  void note(const pg_result* notice);

  const Patience& patience_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  std::unordered_set<std::string> prepared_;
  std::deque<bool> queued_;  // for each command: whether its result is wanted
  std::string warning_;
};

}  // namespace forkmill::broker
