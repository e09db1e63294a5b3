#include "broker/core/objects/operation_answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/limits.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using namespace proto;

namespace {

void uncount(CachedOperations& operations, CachedOperations::Entry& entry) {
  if (operations.owner == nullptr || mutant(Mutant::answer_bytes_leak)) return;
  operations.owner->answer_bytes -= std::exchange(entry.counted, 0);
}

void erase_answered(CachedOperations& operations, std::uint64_t first, std::uint64_t last) {
  auto& entries = operations.entries;
  for (auto at = entries.lower_bound(first); at != entries.end() && at->first <= last;) {
    if (!at->second.waits) uncount(operations, at->second);
    at = at->second.waits ? std::next(at) : entries.erase(at);
  }
}

}  // namespace

CachedOperations& OperationAnswers::of(ClientHandle client) {
  const auto [place, made] = clients_.try_emplace(client);
  if (made) place->second.client = client;
  return place->second;
}

CachedOperations* OperationAnswers::find(ClientHandle client) {
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : &found->second;
}

void OperationAnswers::erase(ClientHandle client) {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return;
  for (auto& [number, entry] : found->second.entries) uncount(found->second, entry);
  clients_.erase(found);
}

std::vector<ClientHandle> OperationAnswers::clients() const {
  std::vector<ClientHandle> all;
  all.reserve(clients_.size());
  for (const auto& [client, operations] : clients_) all.push_back(client);
  std::sort(all.begin(), all.end());
  return all;
}

bool OperationAnswers::waits(ClientHandle client) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return false;
  const auto& entries = found->second.entries;
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.second.waits != nullptr; });
}

void OperationAnswers::acknowledge(CachedOperations& operations, const Operate& message) {
  if (message.answered > operations.answered) {
    operations.answered = message.answered;
    erase_answered(operations, 0, message.answered - 1);
  }
  for (std::size_t i = 0; i + 1 < message.also.size(); i += 2)
    erase_answered(operations, message.also[i], message.also[i + 1]);
}

CachedOperations::Entry* OperationAnswers::admit(CachedOperations& operations, std::uint64_t number) {
  if (number < operations.answered) return nullptr;
  auto& entries = operations.entries;
  if (const auto known = entries.find(number); known != entries.end()) {
    if (!known->second.waits) send_later(operations, number);
    return nullptr;
  }
  if (entries.size() >= 2 * limits::kMaxOperations) return nullptr;  // the client does not confirm its answers
  CachedOperations::Entry& entry = entries[number];
  if (entries.size() <= limits::kMaxOperations) return &entry;
  answer(operations.client, number, nullptr, failed(Errc::too_many_waiting));
  return nullptr;
}

void OperationAnswers::answer(ClientHandle client, std::uint64_t number, const Object* object, Answer answer) {
  CachedOperations* operations = find(client);
  if (operations == nullptr) return;
  CachedOperations::Entry& entry = operations->entries[number];
  entry.answer = std::move(answer);
  entry.answer.number = number;
  put_loans_in(entry.answer, client);
  count(*operations, entry);
  entry.durable = object != nullptr && object->durable();
  operations->dirty = operations->dirty || (entry.durable && object->dirty);
  entry.waits.reset();
  send_later(*operations, number);
}

void OperationAnswers::count(CachedOperations& operations, CachedOperations::Entry& entry) {
  if (entry.answer.values.empty()) return;
  if (operations.owner == nullptr) {
    const Client* client = state_.client(operations.client);
    operations.owner = client == nullptr ? nullptr : client->owner;
  }
  if (operations.owner == nullptr) return;
  uncount(operations, entry);
  for (const Payload& value : entry.answer.values) entry.counted += value.size();
  operations.owner->answer_bytes += entry.counted;
}

void OperationAnswers::put_loans_in(Answer& answer, ClientHandle client) {
  for (std::size_t i = 0; i < answer.values.size(); ++i) {
    for (const LoanRef& loan : loans_.detach(answer.values[i])) {
      received_.push_back({loan, client});
      if (answer.loans.size() < limits::kMaxRecords) answer.loans.push_back({loan.pipe.value(), loan.ticket, i});
    }
  }
}

void OperationAnswers::mark_dirty(ClientHandle client) {
  CachedOperations& operations = of(client);
  operations.dirty = true;
  touch(operations);
}

void OperationAnswers::flush() {
  for (const ClientHandle client : std::exchange(touched_, {})) {
    CachedOperations* operations = find(client);
    if (operations == nullptr) continue;
    operations->touched = false;
    send_answers(*operations);
  }
}

void OperationAnswers::send_later(CachedOperations& operations, std::uint64_t number) {
  operations.to_send.push_back(number);
  touch(operations);
}

void OperationAnswers::touch(CachedOperations& operations) {
  if (!std::exchange(operations.touched, true)) touched_.push_back(operations.client);
}

void OperationAnswers::send_answers(CachedOperations& operations) {
  Client* to = state_.client(operations.client);
  struct Batch {
    Operated message;
    std::size_t bytes = 0;
  };
  enum : std::size_t { kAtOnce, kAfterCommit };
  std::array<Batch, 2> batches;
  const auto send = [&](std::size_t which) {
    Batch batch = std::exchange(batches[which], {});
    if (to == nullptr || batch.message.answers.empty()) return;
    state_.output.send(to->session, std::move(batch.message),
                       which == kAfterCommit ? state_.output.safe_after() : CommitSeq{});
  };
  for (const std::uint64_t number : std::exchange(operations.to_send, {})) {
    const auto entry = operations.entries.find(number);
    if (entry == operations.entries.end() || entry->second.waits) continue;
    const std::size_t which = entry->second.durable && !mutant(Mutant::answer_before_commit) ? kAfterCommit : kAtOnce;
    Batch& batch = batches[which];
    for (const Payload& value : entry->second.answer.values) batch.bytes += value.size();
    batch.message.answers.push_back(entry->second.answer);
    if (batch.message.answers.size() == limits::kBatchTasks || batch.bytes >= limits::kBatchBytes) send(which);
  }
  send(kAtOnce);
  send(kAfterCommit);
}

}  // namespace forkmill::broker
