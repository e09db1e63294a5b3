#include "tests/sim/audits/loan_audit.h"

#include <algorithm>
#include <utility>

#include "broker/core/objects/base/object.h"
#include "broker/core/objects/kinds/pipe.h"
#include "proto/wire/operands.h"
#include "tests/sim/world/trace.h"
#include "tests/sim/world/violation.h"

namespace forkmill::sim {

using broker::PipeLoans;
using proto::Verb;

namespace {

// Null: no client is there.
const broker::Client* client_at(const broker::BrokerState& state, proto::PeerId peer) {
  for (const auto& [handle, client] : state.clients)
    if (client->session.peer == peer) return client.get();
  return nullptr;
}

// Null: the object is gone, or no pipe.
const broker::Pipe* pipe_of(const broker::Core& core, std::uint64_t number) {
  return dynamic_cast<const broker::Pipe*>(core.objects().directory().find(broker::ObjectId{number}));
}

// The principal of the worker that runs the task; null: none does.
const std::string* runner_of(const broker::BrokerState& state, const TaskId& id) {
  const broker::Task* task = state.tasks.find(id);
  if (task == nullptr || task->state != broker::State::running) return nullptr;
  const auto worker = state.workers.find(task->worker());
  return worker == state.workers.end() ? nullptr : &worker->second->session.principal;
}

bool may_claim(const broker::BrokerState& state, const PipeLoans::Loan& loan, const broker::Client& client) {
  const std::string& principal = client.session.principal;
  if (loan.owner != nullptr && loan.owner->name == principal) return true;
  const bool has_received = std::ranges::any_of(loan.receivers, [&](broker::ClientHandle one) {
    const auto receiver = state.clients.find(one);
    return receiver != state.clients.end() && receiver->second->session.principal == principal;
  });
  const std::string* runner = loan.task.id.is_nil() ? nullptr : runner_of(state, loan.task.id);
  return has_received || (runner != nullptr && *runner == principal);
}

}  // namespace

void LoanAudit::begin() {
  asked_.clear();
  forbidden_.clear();
}

void LoanAudit::arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope) {
  const auto* message = std::get_if<proto::Operate>(&envelope.message);
  if (message == nullptr) return;
  const broker::Client* client = client_at(core.state(), peer);
  if (client == nullptr || client->session.id != envelope.header.session) return;
  for (const proto::Operation& operation : message->operations) note(core, *client, operation);
}

void LoanAudit::note(const broker::Core& core, const broker::Client& client, const proto::Operation& operation) {
  const std::string& principal = client.session.principal;
  for (const proto::LoanInValue& loan : operation.loans)
    asked_.emplace(Ticket{loan.pipe, loan.ticket}, principal, TaskId{}, false);
  const std::int64_t number = proto::ticket_to_claim(operation);
  if (operation.verb != Verb::lend || number == 0) return;
  const Ticket ticket{operation.object, number};
  if (!operation.values.empty()) {
    if (const auto task = proto::task_to_carry(operation))
      asked_.emplace(ticket, principal, *task, proto::goes_in_result(operation));
    return;
  }
  const broker::Pipe* pipe = pipe_of(core, ticket.pipe);
  if (pipe == nullptr || client.parked) return;  // parked: handled later, when it may be allowed
  const auto loan = pipe->loans().all().find(ticket.number);
  if (loan == pipe->loans().all().end()) return;
  // The client may be about to read a value that carries the loan, by an earlier operation of this message.
  if (loan->second.values == 0 && !may_claim(core.state(), loan->second, client))
    forbidden_.emplace(client.handle, operation.number);
}

void LoanAudit::round(const broker::Core& core, const broker::Effects& effects) {
  if (!asked_.empty()) check_places(core);
  if (!forbidden_.empty()) check_claims(core, effects);
}

void LoanAudit::check_places(const broker::Core& core) const {
  core.objects().directory().visit([&](const broker::Object& object) {
    const auto* pipe = dynamic_cast<const broker::Pipe*>(&object);
    if (pipe == nullptr) return;
    for (const auto& [number, loan] : pipe->loans().all()) {
      const Ticket ticket{object.id().value(), number};
      const std::string owner = loan.owner == nullptr ? std::string{} : loan.owner->name;
      const auto was_asked = [&](const TaskId& task, bool in_result) {
        return asked_.contains(Placement{ticket, owner, task, in_result});
      };
      if (!loan.task.id.is_nil() && !was_asked(loan.task.id, loan.in_result))
        throw Violation{"loans: an end of pipe " + object.name() + " is in task " + brief(loan.task.id) +
                        ", in which no client of its lender's principal has placed it"};
      if (loan.values > 0 && !was_asked(TaskId{}, false))
        throw Violation{"loans: an end of pipe " + object.name() +
                        " is in a value of clients of another principal than its lender's"};
    }
  });
}

void LoanAudit::check_claims(const broker::Core& core, const broker::Effects& effects) {
  for (const broker::Send& send : effects.sends) {
    const auto* message = std::get_if<proto::Operated>(&send.envelope.message);
    const broker::Client* client = message == nullptr ? nullptr : client_at(core.state(), send.peer);
    if (client == nullptr) continue;
    for (const proto::OperationAnswer& answer : message->answers) {
      if (forbidden_.erase(Claim{client->handle, answer.number}) > 0 && answer.code == Errc::ok)
        throw Violation{"loans: a client has claimed an end of a pipe that its principal was not sent"};
    }
  }
}

}  // namespace forkmill::sim
