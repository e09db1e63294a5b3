#include "broker/core/objects/loan_transfers.h"

#include <map>
#include <optional>
#include <utility>

#include "broker/core/objects/kinds/pipe.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

namespace {

// Null: the pipe is gone, and all of its loans with it.
Pipe* pipe_of(const ObjectDirectory& directory, const LoanRef& loan) {
  return dynamic_cast<Pipe*>(directory.find(loan.pipe));
}

}  // namespace

void LoanTransfers::attach(ClientHandle client, proto::Operation& operation) {
  std::map<std::size_t, std::vector<LoanRef>> by_value;
  std::optional<PipeLoans::End> reader;
  if (operation.verb == proto::Verb::send)
    reader = PipeLoans::End{ObjectId{operation.object}, proto::end_of_pipe(operation) == 0 ? std::size_t{1} : 0};
  for (const proto::LoanInValue& loan : std::exchange(operation.loans, {})) {
    const LoanRef ref{ObjectId{loan.pipe}, loan.ticket};
    Pipe* pipe = pipe_of(directory_, ref);
    if (pipe == nullptr || loan.value >= operation.values.size()) continue;
    if (pipe->loans().place_in_value(ref.ticket, reader, client)) by_value[loan.value].push_back(ref);
  }
  for (auto& [value, loans] : by_value)
    operation.values[value] = loans_.attach(std::move(operation.values[value]), std::move(loans));
}

void LoanTransfers::settle() {
  for (const auto& [loan, client] : operations_.drain_received())
    if (Pipe* pipe = pipe_of(directory_, loan)) pipe->loans().received(loan.ticket, client);
  for (const LoanRef& loan : loans_.drain_gone()) {
    Pipe* pipe = pipe_of(directory_, loan);
    if (pipe == nullptr) continue;
    pipe->loans().value_gone(loan.ticket);
    lines_.note_changed(*pipe);
  }
}

void LoanTransfers::end_object(Object& object) {
  if (auto* pipe = dynamic_cast<Pipe*>(&object)) pipe->loans().end_all();
}

void LoanTransfers::end_task(const Task& task) {
  const bool is_received =
      task.state == State::succeeded && state_.client(task.client()) != nullptr && !task.options().process;
  for (const LoanRef& loan : loans_.remove_task(OwnedTask::of(task))) {
    Pipe* pipe = pipe_of(directory_, loan);
    if (pipe == nullptr) continue;
    const bool goes_on = pipe->loans().task_gone(loan.ticket, is_received ? task.client() : ClientHandle{});
    if (goes_on) loans_.place_in_result(task.id, loan);
    lines_.note_changed(*pipe);
  }
}

}  // namespace forkmill::broker
