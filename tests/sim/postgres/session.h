// SimSession: the broker's end of a session with a simulated server. Gives other threads their turn at each statement,
// and loses the connection where the simulation draws it: before the server has the statements, while it executes
// them, and before the answers arrive. The server goes on with what it has.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/store/postgres/server_session.h"
#include "tests/sim/postgres/servers.h"
#include "tests/sim/postgres/turns.h"

namespace forkmill::sim {

// ConnectionFaults: the chances of a connection to be lost. All may change at any time.
struct ConnectionFaults {
  double connect = 0;  // no connection is made
  double before = 0;   // the statements do not reach the server
  double during = 0;   // for each statement
  double after = 0;    // the answers do not reach the broker
  double timeout = 0;  // for each look at a statement that waits
};

class SimSession final : public broker::ServerSession {
 public:
  // `turns`: null for a session that lets no other thread run, whose statements must not wait. All outlive the object.
  // Throws Interrupted.
  SimSession(SimServers& servers, Random& random, const ConnectionFaults& faults, Turns* turns);
  ~SimSession() override { backend_->orphan(); }
  SimSession(const SimSession&) = delete;
  SimSession& operator=(const SimSession&) = delete;

  using ServerSession::send;
  void send(const broker::ServerStatement& statement, const broker::Parameters& parameters) override;
  std::vector<broker::Rows> finish() override;
  void stream(const broker::ServerStatement& statement, const broker::Parameters& parameters,
              const std::function<void(const broker::Rows&)>& visit) override;
  void forget_statements() override { run("DEALLOCATE ALL"); }
  std::string take_warning() override { return backend_->take_warning(); }
  int server_process() const override { return backend_->process(); }

 private:
  [[noreturn]] void lose(const char* why);
  // Returns when all statements are executed, or one has failed.
  void await_answers();

  Random& random_;
  const ConnectionFaults& faults_;
  Turns* turns_;
  std::shared_ptr<Backend> backend_;
  std::vector<Command> queued_;
};

}  // namespace forkmill::sim
