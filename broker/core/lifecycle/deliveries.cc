#include "broker/core/lifecycle/deliveries.h"

#include <algorithm>
#include <utility>

#include "broker/core/state/residency.h"
#include "broker/core/state/task_visibility.h"
#include "proto/buggify.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;

void Deliveries::task_finished(Task& task) {
  std::vector<ClientHandle> watchers;
  if (task.rare != nullptr) watchers.swap(task.rare->watchers);  // from now on those to whom the result is due
  if (Client* client = state_.client(task.client())) enqueue(task, *client);
  for (const ClientHandle handle : watchers)
    if (Client* client = state_.client(handle)) enqueue(task, *client);
  if (task.finished->deliveries == 0) retention_.keep(task);
}

void Deliveries::watch(Task& task, Client& client) {
  if (is_terminal(task.state)) {
    if (is_due(task, client)) return;
    retention_.remove(task);
    enqueue(task, client);
    return;
  }
  if (task.client() == client.handle) return;
  add_watcher(edit_rare(task).watchers, client);
}

void Deliveries::watch_paged_out(proto::TaskSeq seq, Client& client) {
  add_watcher(state_.paging.watchers[seq], client);
}

// Clients that are gone stay among the watchers until there may be many.
void Deliveries::add_watcher(std::vector<ClientHandle>& watchers, const Client& client) {
  constexpr std::size_t kFew = 16;
  if (std::ranges::find(watchers, client.handle) != watchers.end()) return;
  if (watchers.size() >= kFew && watchers.size() == watchers.capacity())
    std::erase_if(watchers, [&](ClientHandle one) { return state_.client(one) == nullptr; });
  watchers.push_back(client.handle);
}

void Deliveries::refuse_unknown(const TaskId& id, Client& client) {
  constexpr std::size_t kMaxGathered = 1024 * 1024;
  if (client.outgoing.unknown.size() >= kMaxGathered) flush_unknown(client);
  client.outgoing.unknown.push_back(id);
  state_.output.touch(client);
}

bool Deliveries::flush_unknown(Client& client) {
  auto& unknown = client.outgoing.unknown;
  if (unknown.empty()) return true;
  constexpr Errc kCode = Errc::task_unknown;
  const auto outcome = proto::Outcome::ended(proto::OutcomeKind::rejected, kCode, std::string{errc_text(kCode)});
  const std::size_t most = proto::buggify(proto::Path::one_of_a_list) ? 1 : proto::limits::kMaxRecords;
  proto::Results refused;
  for (; !unknown.empty() && refused.results.size() < most; unknown.pop_back())
    refused.results.push_back({unknown.back(), outcome});
  state_.output.send(client.session, std::move(refused));
  return unknown.empty();
}

void Deliveries::acknowledge(Client& client, const proto::ResultAck& ack) {
  for (const proto::MessageSeq seq : ack.messages) {
    auto found = client.results.under_way.find(seq);
    if (found == client.results.under_way.end()) continue;
    client.results.under_way_count -= found->second.tasks.size();
    client.results.under_way_bytes -= found->second.bytes;
    for (const TaskRef& ref : found->second.tasks) {
      forget_loans(*ref.get(), client);
      end_delivery(*ref.get(), ref.get()->client() == client.handle || !ref.get()->client());
    }
    reuse(client.results.under_way.extract(found));
  }
  if (!client.results.due.empty()) state_.output.touch(client);
}

void Deliveries::resume(Client& client) {
  if (mutant(Mutant::deliveries_forgotten)) {
    for (const auto& [seq, sent] : client.results.under_way)
      for (const TaskRef& ref : sent.tasks) end_delivery(*ref.get(), true);
    client.results.under_way.clear();
  }
  // The latest results are put in front first, so that the earliest ones are in front in the end.
  for (auto sent = client.results.under_way.rbegin(); sent != client.results.under_way.rend(); ++sent)
    client.results.due.insert(client.results.due.begin(), sent->second.tasks.begin(), sent->second.tasks.end());
  for (const auto& [seq, sent] : client.results.under_way)
    for (const TaskRef& ref : sent.tasks) note_due(*ref.get(), client);
  client.results.under_way.clear();
  client.results.under_way_count = client.results.under_way_bytes = 0;
  if (!client.results.due.empty()) state_.output.touch(client);
}

void Deliveries::abandon(Client& client) {
  resume(client);
  for (const TaskRef& ref : client.results.due) {
    note_sent(*ref.get(), client);
    forget_loans(*ref.get(), client);
    end_delivery(*ref.get(), false);
  }
  client.results.due.clear();
}

void Deliveries::flush(Client& client) {
  using namespace proto::limits;
  while (!client.results.due.empty() && client.results.under_way_count < client.results.window &&
         client.results.under_way_bytes < kMaxUnderWay) {
    proto::Results message;
    Entry entry = new_entry();
    std::vector<TaskRef>& sent = entry.mapped().tasks;
    std::size_t bytes = 0;
    bool durable = false;
    const std::size_t room = client.results.window - client.results.under_way_count;
    const std::size_t most = std::min({kBatchTasks, room, client.results.due.size()});
    message.results.reserve(most);
    sent.reserve(most);
    while (sent.size() < most && bytes < kBatchBytes) {
      const TaskRef ref = client.results.due.front();
      client.results.due.pop_front();
      Task* task = ref.get();
      FORKMILL_CHECK(task != nullptr && task->finished != nullptr);  // a delivery keeps its task
      note_sent(*task, client);
      durable = durable || (task->durable && !mutant(Mutant::result_before_commit));
      bytes += kSentResult + task->finished->outcome.bytes();
      if (loans_.in_results() && task->client() == client.handle)
        loans_.add_in_result(task->id, message.results.size(), message.loans);
      message.results.push_back({id_for(client, *task), task->finished->outcome,
                                 task->options().key.empty() ? 0 : task->finished->body_hash});
      sent.push_back(ref);
      if (proto::buggify(proto::Path::one_result)) break;
    }
    state_.output.send(client.session, std::move(message), durable ? state_.output.safe_after() : proto::CommitSeq{});
    client.results.sent += sent.size();
    client.results.under_way_count += sent.size();
    client.results.under_way_bytes += bytes;
    entry.key() = client.session.sent;
    entry.mapped().bytes = bytes;
    client.results.under_way.insert(client.results.under_way.end(), std::move(entry));
  }
  attach_more(state_, client);
}

Deliveries::Entry Deliveries::new_entry() {
  if (!unused_.empty()) {
    Entry entry = std::move(unused_.back());
    unused_.pop_back();
    return entry;
  }
  Client::Results::UnderWay made;
  return made.extract(made.try_emplace({}).first);
}

void Deliveries::reuse(Entry&& entry) {
  constexpr std::size_t kMaxUnused = 1024;
  constexpr std::size_t kFewTasks = 16;  // a longer list costs its tasks little
  std::vector<TaskRef>& tasks = entry.mapped().tasks;
  if (unused_.size() >= kMaxUnused || tasks.capacity() > kFewTasks) return;
  tasks.clear();
  unused_.push_back(std::move(entry));
}

void Deliveries::enqueue(Task& task, Client& client) {
  ++task.finished->deliveries;
  client.results.due.emplace_back(task);
  note_due(task, client);
  state_.output.touch(client);
}

bool Deliveries::is_due(const Task& task, const Client& client) {
  if (task.finished->due_to == client.handle) return true;
  return task.rare != nullptr && std::ranges::find(task.watchers(), client.handle) != task.watchers().end();
}

void Deliveries::note_due(Task& task, const Client& client) {
  if (is_due(task, client)) return;
  if (!task.finished->due_to) {
    task.finished->due_to = client.handle;
    return;
  }
  edit_rare(task).watchers.push_back(client.handle);
}

void Deliveries::note_sent(Task& task, const Client& client) {
  if (task.finished->due_to == client.handle)
    task.finished->due_to = {};
  else if (task.rare != nullptr)
    std::erase(task.rare->watchers, client.handle);
}

void Deliveries::forget_loans(const Task& task, const Client& client) {
  if (loans_.in_results() && task.client() == client.handle) loans_.remove_result(task.id);
}

void Deliveries::end_delivery(Task& task, bool delivered) {
  FORKMILL_CHECK(task.finished->deliveries > 0);
  task.finished->delivered = task.finished->delivered || delivered;
  if (--task.finished->deliveries == 0) retention_.keep(task);
}

}  // namespace forkmill::broker
