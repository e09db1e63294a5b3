#include "tests/sim/postgres/backend.h"

#include <algorithm>

#include "tests/sim/postgres/servers.h"

namespace forkmill::sim {

namespace {

constexpr std::uint64_t kVersion = 150000;
constexpr std::uint64_t kSchema = 5;   // the version of the schema
constexpr std::int64_t kLease = 2000;  // milliseconds
constexpr int kLooksAtLock = 12;       // with a lock_timeout

Value truth(bool is_true) { return binary(is_true ? 1 : 0, 1); }

}  // namespace

const Database& Backend::seen() const { return own_ ? *own_ : server_.visible(); }
Database& Backend::own() { return *own_; }

void Backend::step() {
  if (!alive_) return;
  if (commands_.empty()) {
    if (orphaned_) terminate();
    return;
  }
  if (orphaned_ && delay_ > 0) {
    --delay_;
    return;
  }
  try {
    if (!execute(commands_.front())) return;
    if (!commands_.empty()) commands_.pop_front();
  } catch (const Refusal& refusal) {
    fail(refusal);
  }
}

// The rest of the pipeline is not executed.
void Backend::fail(const Refusal& refusal) {
  refusal_ = refusal;
  commands_.clear();
  const bool stays = in_transaction_ && !implicit_;
  abort();
  failed_ = in_transaction_ = stays;
}

void Backend::abort() {
  if (server_.row_locked_by == process_) server_.row_locked_by = 0;
  own_.reset();
  implicit_.reset();
  waiting_.reset();
  in_transaction_ = failed_ = limits_locks_ = false;
  waited_ = 0;
}

void Backend::finish_wait() {
  server_.show(*waiting_);
  answer(implicit_.value_or(Table{}), implicit_ ? "SELECT" : "COMMIT");
  abort();
}

void Backend::cancel() {
  if (!waiting_) return;
  warning_ = "canceling wait for synchronous replication due to user request";
  finish_wait();
  commands_.pop_front();
}

void Backend::terminate() {
  if (waiting_) finish_wait();
  crash();
}

void Backend::crash() {
  abort();
  alive_ = false;
  commands_.clear();
}

bool Backend::execute(const Command& command) {
  if (failed_ && command.text != "ROLLBACK" && command.text != "COMMIT")
    throw Refusal{"current transaction is aborted", "25P02"};
  if (command.name.empty() && !command.text.starts_with("SELECT") && !command.text.starts_with("UPDATE"))
    return execute_transaction_command(command);
  if (is_change(command)) return execute_change(command);
  if (is_query(command)) {
    answer(query(seen(), command));
    return true;
  }
  return execute_about_shard(command);
}

// ---- Transactions ---------------------------------------------------------------------------------------------------

bool Backend::execute_transaction_command(const Command& command) {
  if (command.text == "COMMIT") return commit();
  if (command.text == "ROLLBACK") abort();
  if (command.text == "BEGIN") in_transaction_ = true;
  if (command.text.starts_with("SET LOCAL lock_timeout")) limits_locks_ = true;
  answer({}, command.text);
  return true;
}

bool Backend::commit() {
  if (failed_ || !own_) {
    answer({}, failed_ ? "ROLLBACK" : "COMMIT");
    abort();
    return true;
  }
  if (!waiting_) waiting_ = server_.append(own());
  if (!server_.is_safe(*waiting_)) return false;
  finish_wait();
  return true;
}

bool Backend::lock_row() {
  int& locked = server_.row_locked_by;
  if (locked != 0 && locked != process_) {
    if (limits_locks_ && ++waited_ > kLooksAtLock) throw Refusal{"canceling statement due to lock timeout", "55P03"};
    return false;
  }
  if (!server_.is_primary) throw Refusal{"cannot execute UPDATE in a read-only transaction", "25006"};
  locked = process_;
  if (!own_) own_ = server_.visible();
  return true;
}

void Backend::check_epoch(std::uint64_t epoch) {
  const ServerFaults& faults = server_.faults;
  if (faults.fence_off || (faults.lease_trusted && server_.lease.until > server_.clock)) return;
  if (own().epoch != epoch) throw Refusal{"shard 1 has another owner", "FM001"};
}

void Backend::check_last(std::uint64_t commit) {
  if (!server_.faults.late_accepted && own().commit != commit)
    throw Refusal{"shard 1 has another last commit than " + std::to_string(commit), "FM003"};
}

// ---- Statements -----------------------------------------------------------------------------------------------------

bool Backend::execute_change(const Command& command) {
  if (!own_) throw Refusal{"a change without an assertion of the owner", "XX000"};
  change(own(), command);
  answer({}, "INSERT");
  return true;
}

bool Backend::execute_about_shard(const Command& command) {
  const auto begins = [&](const char* text) { return command.text.starts_with(text); };
  if (begins("UPDATE forkmill.shard SET epoch = epoch + 1")) {
    if (!lock_row()) return false;
    Database& its = own();
    if (its.epoch != command.number(1)) return answer({}), true;
    if (!server_.faults.epoch_kept) ++its.epoch;
    its.owner = command.parameters.at(2);
    its.address = command.parameters.at(3);
    if (!server_.faults.numbers_kept) its.last_seq += command.number(4);
    answer({{its.store, binary(its.epoch), its.owner, its.address, binary(its.commit), binary(its.last_seq),
             truth(true), truth(true), truth(false)}});
  } else if (begins("UPDATE forkmill.shard SET epoch = epoch ")) {
    if (!lock_row()) return false;
    const bool is_owner = own().epoch == command.number(1) && own().owner == command.parameters.at(2);
    answer(is_owner ? Table{{binary(own().commit)}} : Table{});
  } else if (command.name == "assert_follows") {
    if (!lock_row()) return false;
    check_epoch(command.number(1));
    check_last(command.number(2));
    answer({{Value{}}});
  } else if (command.name == "record_commit") {
    if (command.number(4) != 0 && !server_.waits_for_standby)
      throw Refusal{"synchronous_standby_names is empty", "FM002"};
    check_epoch(command.number(1));
    own().commit = command.number(2);
    own().last_seq = std::max(own().last_seq, command.number(3));
    answer({{Value{}}});
  } else if (begins("SELECT forkmill.create_span")) {
    own().spans.try_emplace(command.number(1));
    answer({{Value{}}});
  } else if (begins("SELECT forkmill.drop_span")) {
    return drop_span(command);
  } else if (begins("UPDATE forkmill.lease")) {
    execute_about_lease(command);
  } else {
    answer_question(command);
  }
  return true;
}

// The function is a transaction of its own; its answer comes when that is committed.
bool Backend::drop_span(const Command& command) {
  in_transaction_ = true;
  implicit_.emplace();
  if (!lock_row()) return false;
  check_epoch(command.number(1));
  const auto span = own().spans.find(command.number(2));
  const bool is_gone = span == own().spans.end() || span->second.tasks.empty();
  if (is_gone && span != own().spans.end()) own().spans.erase(span);
  implicit_ = Table{{truth(is_gone)}};
  commands_.front() = {{}, "COMMIT", {}};
  return false;
}

void Backend::execute_about_lease(const Command& command) {
  const std::uint64_t epoch = command.number(1);
  LeaseRow& lease = server_.lease;
  if (command.text.find("FROM forkmill.shard") != std::string::npos) {
    if (own_ && own_->epoch == epoch) own_->lease = {epoch, server_.clock + kLease};
    return answer({}, "UPDATE");
  }
  if (!server_.is_primary) throw Refusal{"cannot execute UPDATE in a read-only transaction", "25006"};
  const bool is_owner = lease.epoch == epoch;
  if (is_owner) lease.until = command.text.find("infinity") == std::string::npos ? server_.clock + kLease : 0;
  answer(is_owner ? Table{{binary(1)}} : Table{});
}

void Backend::answer_question(const Command& command) {
  const auto has = [&](const char* text) { return command.text.find(text) != std::string::npos; };
  const Database& its = seen();
  if (has("SELECT current_setting('synchronous_standby_names')")) {
    answer({{server_.waits_for_standby ? "*" : ""}});
  } else if (has("server_version_num")) {
    answer({{binary(kVersion), binary(static_cast<std::uint64_t>(process_)), truth(!server_.is_primary), "UTF8",
             "read committed", "on", "on", "on", server_.waits_for_standby ? "*" : ""}});
  } else if (has("to_regclass")) {
    answer({{"forkmill.cluster"}});
  } else if (has("SELECT shards::bigint FROM forkmill.cluster")) {
    answer({{binary(1)}});
  } else if (has("FROM forkmill.cluster")) {
    answer({{binary(kSchema), "forkmill"}});
  } else if (has("FROM forkmill.shard s JOIN forkmill.lease")) {
    const std::int64_t left = server_.lease.until - server_.clock;
    const bool ends_too_late = left > 2 * kLease;
    const bool is_leased = left > 0 && !ends_too_late;
    answer({{its.store, binary(its.epoch), its.owner, its.address, binary(its.commit), binary(its.last_seq),
             truth(is_leased), truth(server_.has_announced(its.epoch)), truth(ends_too_late)}});
  } else if (has("pg_try_advisory_lock_shared")) {
    announced_ = command.number(0);
    answer({{truth(true)}});
  } else if (has("pg_terminate_backend")) {
    if (Backend* holder = server_.holder(); holder != nullptr && holder != this) holder->terminate();
    answer({{truth(true)}});
  } else if (has("pg_advisory_xact_lock")) {
    answer({{Value{}}});
  } else {
    throw Refusal{"the simulated server does not know: " + command.name + " " + command.text, "XX000"};
  }
}

}  // namespace forkmill::sim
