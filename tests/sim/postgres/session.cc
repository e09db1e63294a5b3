#include "tests/sim/postgres/session.h"

#include <libpq-fe.h>

#include <utility>

namespace forkmill::sim {

using broker::Interrupted;
using broker::Rows;

namespace {

// A result as libpq would give it. Its values are in the binary format.
Rows rows_of(const Table& table, const std::string& tag) {
  PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
  Rows rows{result, tag};
  if (table.empty()) return rows;
  std::vector<PGresAttDesc> columns(table.front().size());
  std::string name = "column";
  for (PGresAttDesc& column : columns) column = {name.data(), 0, 0, 1, 0, -1, -1};
  PQsetResultAttrs(result, static_cast<int>(columns.size()), columns.data());
  for (std::size_t row = 0; row < table.size(); ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      Value value = table[row][column];
      PQsetvalue(result, static_cast<int>(row), static_cast<int>(column), value ? value->data() : nullptr,
                 value ? static_cast<int>(value->size()) : -1);
    }
  }
  return rows;
}

}  // namespace

SimSession::SimSession(SimServers& servers, Random& random, const ConnectionFaults& faults, Turns* turns)
    : random_{random}, faults_{faults}, turns_{turns} {
  if (turns_ != nullptr) turns_->yield();
  if (random_.chance(faults_.connect)) throw Interrupted{"connection refused"};
  backend_ = servers.connect();
  if (backend_ == nullptr) throw Interrupted{"no route to the server"};
}

// Commands that the server has not executed may reach it when the broker has long gone on.
void SimSession::lose(const char* why) {
  constexpr std::uint64_t kLongestWay = 60;  // steps
  if (random_.chance(0.5)) backend_->delay(random_.between(1, kLongestWay));
  backend_->orphan();
  throw Interrupted{why};
}

void SimSession::send(const broker::ServerStatement& statement, const broker::Parameters& parameters) {
  Command command{statement.name, statement.text, {}};
  for (int i = 0; i < parameters.count(); ++i)
    command.parameters.emplace_back(parameters.values()[i], static_cast<std::size_t>(parameters.lengths()[i]));
  queued_.push_back(std::move(command));
}

std::vector<Rows> SimSession::finish() {
  auto commands = std::exchange(queued_, {});
  if (random_.chance(faults_.before)) {
    // A part of them or all may have reached the server nevertheless.
    if (random_.chance(0.5)) commands.resize(random_.below(commands.size() + 1));
    for (Command& command : commands) backend_->deliver(std::move(command));
    lose("connection reset");
  }
  for (Command& command : commands) backend_->deliver(std::move(command));
  await_answers();
  if (random_.chance(faults_.after)) lose("connection reset");
  if (const auto refusal = backend_->take_refusal()) {
    static_cast<void>(backend_->take_answers());
    broker::fail_statement(refusal->text, refusal->state);
  }
  std::vector<Rows> results;
  for (const Backend::Answer& answer : backend_->take_answers()) results.push_back(rows_of(answer.rows, answer.tag));
  return results;
}

void SimSession::await_answers() {
  constexpr int kPatience = 400;  // looks without an answer
  for (int looks = 0; !backend_->is_idle(); ++looks) {
    if (turns_ != nullptr) turns_->yield();
    if (!backend_->is_alive()) throw Interrupted{"the server has closed the connection"};
    if (random_.chance(faults_.during)) lose("connection reset");
    if (looks > kPatience || (turns_ == nullptr && looks > 60) || random_.chance(faults_.timeout))
      lose("the server has not answered in time");
    backend_->step();
  }
  if (!backend_->is_alive()) throw Interrupted{"the server has closed the connection"};
}

void SimSession::stream(const broker::ServerStatement& statement, const broker::Parameters& parameters,
                        const std::function<void(const Rows&)>& visit) {
  send(statement, parameters);
  auto commands = std::exchange(queued_, {});
  for (Command& command : commands) backend_->deliver(std::move(command));
  await_answers();
  if (const auto refusal = backend_->take_refusal()) broker::fail_statement(refusal->text, refusal->state);
  for (const Backend::Answer& answer : backend_->take_answers()) {
    for (const auto& row : answer.rows) {
      if (random_.chance(faults_.during)) lose("connection reset");
      visit(rows_of({row}, ""));
    }
  }
}

}  // namespace forkmill::sim
