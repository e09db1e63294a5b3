// Backend: the process of a server for one session. Executes the commands that have reached it one by one, also if its
// client is gone. A commit is on the disk of the server first, and waits for the standby then; other sessions see it
// when this wait is over, however it ends.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/postgres/database.h"

namespace forkmill::sim {

class SimServer;

class Backend {
 public:
  Backend(SimServer& server, int process) : server_{server}, process_{process} {}

  // Answer: the reply of the server to one command.
  struct Answer {
    Table rows;
    std::string tag;
  };

  void deliver(Command command) { commands_.push_back(std::move(command)); }
  // Executes the next command, or looks whether what it waits for is over.
  void step();
  bool is_idle() const { return commands_.empty(); }
  bool is_alive() const { return alive_; }
  bool waits_for_standby() const { return waiting_.has_value(); }

  // The client is gone: the transaction ends when no commands are left.
  void orphan() { orphaned_ = true; }
  // The commands that were delivered are still on their way when the client is gone: they arrive as many steps later.
  void delay(std::uint64_t steps) { delay_ = steps; }
  bool is_orphaned() const { return orphaned_; }
  // An operator, or another broker, ends a wait for the standby, or the session. A commit that waits is made.
  void cancel();
  void terminate();
  // The server is gone, and everything of this session that is not on its disk.
  void crash();

  std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }
  std::optional<Refusal> take_refusal() { return std::exchange(refusal_, std::nullopt); }
  std::string take_warning() { return std::exchange(warning_, {}); }
  int process() const { return process_; }
  // The epoch of the owner that this session has announced; 0: none.
  std::uint64_t announced() const { return alive_ ? announced_ : 0; }

 private:
  // Returns false if the command has to wait.
  bool execute(const Command& command);
  bool execute_transaction_command(const Command& command);
  bool execute_change(const Command& command);
  bool execute_about_shard(const Command& command);
  bool drop_span(const Command& command);
  void answer_question(const Command& command);
  void execute_about_lease(const Command& command);
  bool commit();
  bool lock_row();
  void fail(const Refusal& refusal);
  void abort();
  void finish_wait();
  void answer(Table rows, std::string tag = "SELECT") { answers_.push_back({std::move(rows), std::move(tag)}); }
  // The state that this transaction sees, and the one that it may change. REQUIRES, for the latter: the row is locked.
  const Database& seen() const;
  Database& own();
  // Fail if the epoch is not that of the shard, or the commit is not the last one, as the functions of the schema do.
  // REQUIRES: the row is locked.
  void check_epoch(std::uint64_t epoch);
  void check_last(std::uint64_t commit);

  SimServer& server_;
  const int process_;
  bool alive_ = true;
  std::uint64_t announced_ = 0;
  bool orphaned_ = false;
  std::uint64_t delay_ = 0;  // steps
  bool in_transaction_ = false;
  bool failed_ = false;
  bool limits_locks_ = false;  // SET LOCAL lock_timeout
  int waited_ = 0;             // looks at a lock
  std::optional<Database> own_;
  std::optional<Table> implicit_;       // the answer of a statement that is a transaction of its own
  std::optional<std::size_t> waiting_;  // the place in the log of the commit that waits for the standby
  std::deque<Command> commands_;
  std::vector<Answer> answers_;
  std::optional<Refusal> refusal_;
  std::string warning_;
};

}  // namespace forkmill::sim
