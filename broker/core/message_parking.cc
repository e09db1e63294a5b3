#include "broker/core/message_parking.h"

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_set>
#include <utility>

#include "broker/core/operators/named_task.h"
#include "broker/core/state/residency.h"
#include "broker/core/state/task_visibility.h"
#include "broker/core/tasks/process_queue.h"
#include "proto/mutants.h"

namespace forkmill::broker {

using namespace proto;

namespace {

std::optional<std::string_view> task_named_in(const Message& message) {
  if (const auto* query = std::get_if<Query>(&message)) return named_task(*query);
  if (const auto* command = std::get_if<Command>(&message)) return named_task(*command);
  return std::nullopt;
}

// About the memory that the message takes.
std::size_t size_of(const Message& message) {
  constexpr std::size_t kRecord = 256;
  std::size_t bytes = kRecord;
  if (const auto* submit = std::get_if<Submit>(&message))
    for (const Submission& task : submit->tasks) bytes += kRecord + proto::given_bytes(task);
  if (const auto* operate = std::get_if<Operate>(&message)) {
    for (const Operation& operation : operate->operations) {
      bytes += kRecord;
      for (const Payload& value : operation.values) bytes += value.size();
    }
  }
  if (const auto* attach = std::get_if<Attach>(&message)) bytes += attach->ids.size() * sizeof(TaskId);
  if (const auto* cancel = std::get_if<Cancel>(&message)) bytes += cancel->ids.size() * sizeof(TaskId);
  return bytes;
}

// Returns which tasks the worker can hold since before a restart, by what it serves and by their attempts, so that a
// worker that claims many others does not bring them all to memory.
std::function<bool(const Task&)> claims_of(const Hello& hello) {
  std::set<std::pair<TaskSeq, Attempt>> claimed;
  for (const Grant& grant : hello.worker.holding) claimed.emplace(grant.seq, grant.attempt);
  return [claimed = std::move(claimed), queues = hello.worker.queues](const Task& task) {
    // The queue of a task that has ended may be forgotten already.
    return !is_terminal(task.state) && claimed.contains({task.seq, task.attempts.next()}) &&
           std::ranges::find(queues, base_queue(task.queue()->name())) != queues.end();
  };
}

}  // namespace

bool MessageParking::park(PeerId peer, Client& client, Envelope& envelope) {
  std::vector<TaskSeq> wanted = needed(envelope.message, client);
  if (wanted.empty()) return false;
  auto* const attach = std::get_if<Attach>(&envelope.message);
  if (attach != nullptr && (!client.results.due.empty() || !client.attaching.rest.empty())) {
    if (client.attaching.rest.empty()) client.attaching.wait_for(client.results);
    set_aside(client, *attach, wanted, false);
    broker::attach_more(state_, client);
    return false;
  }
  client.parked = true;
  paging_.park({peer, std::move(envelope), {}, {}, {}, attach != nullptr}, std::move(wanted));
  return true;
}

bool MessageParking::park_hello(PeerId peer, Envelope& envelope, SessionId fresh) {
  const Hello& hello = std::get<Hello>(envelope.message);
  std::vector<TaskSeq> wanted = needed(hello);
  if (wanted.empty()) return false;
  auto wants = claims_of(hello);
  paging_.park({peer, std::move(envelope), fresh, {}, {}, false, {}, true, std::move(wants)}, std::move(wanted));
  return true;
}

bool MessageParking::park_behind(Client& client, Envelope& envelope) {
  // A heartbeat says nothing of tasks, and its sender may be waiting for the answer.
  if (!client.parked || std::holds_alternative<Heartbeat>(envelope.message)) return false;
  client.behind_bytes += size_of(envelope.message);
  if (client.behind_bytes <= kMaxBehind)
    client.behind.push_back(std::move(envelope));
  else
    state_.output.cuts.push_back(client.session.peer);
  return true;
}

void MessageParking::resume(Paging::Parked parked, const Handle& handle) {
  const SessionId session = parked.envelope.header.session;
  const auto waiting = [&] {
    Client* client = index_.client(parked.peer);
    return client != nullptr && client->session.id == session ? client : nullptr;
  };
  if (Client* client = waiting(); !std::holds_alternative<Hello>(parked.envelope.message) && client != nullptr) {
    if (parked.in_parts) set_aside(*client, std::get<Attach>(parked.envelope.message), parked.left, !parked.holds_up);
    parked.left.clear();
    if (auto wanted = needed(parked.envelope.message, *client); !wanted.empty())
      return paging_.park(std::move(parked), std::move(wanted));
  }
  if (Client* client = waiting(); client != nullptr && parked.holds_up) client->parked = false;
  handle(parked.peer, parked.envelope, parked.fresh, &parked.ids);
  paging_.release(parked.visitors);
  if (Client* client = waiting(); client != nullptr) {
    if (!parked.holds_up) client->attaching.goes_on = false;
    if (parked.in_parts) client->attaching.wait_for(client->results);
    broker::attach_more(state_, *client);
  }
  if (!parked.holds_up) return;
  for (Client* client = waiting(); client != nullptr; client = waiting()) {
    if (client->parked || client->behind.empty()) return;
    Envelope next = std::move(client->behind.front());
    client->behind.pop_front();
    client->behind_bytes -= std::min(client->behind_bytes, size_of(next.message));
    handle(parked.peer, next, {}, nullptr);
  }
}

void MessageParking::set_aside(Client& client, Attach& attach, const std::vector<TaskSeq>& seqs, bool in_front) {
  const std::unordered_set<TaskSeq> chosen{seqs.begin(), seqs.end()};
  std::vector<TaskId> later;
  std::erase_if(attach.ids, [&](const TaskId& id) {
    const auto entry = state_.tasks.find_paged_out(id_in_table(client, id));
    if (!entry || !chosen.contains(entry->seq)) return false;
    later.push_back(id);
    return true;
  });
  auto& rest = client.attaching.rest;
  rest.insert(in_front ? rest.begin() : rest.end(), later.begin(), later.end());
  if (rest.size() > kMaxAttaching) state_.output.cuts.push_back(client.session.peer);
}

void MessageParking::attach_more(const Handle& handle) {
  constexpr std::size_t kClients = 16;
  constexpr std::size_t kTasks = 1024;  // for each client
  auto& waiting = state_.paging.attaching;
  const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(std::min(kClients, waiting.size()));
  const std::vector<std::pair<ClientHandle, SessionId>> now{waiting.begin(), end};
  waiting.erase(waiting.begin(), end);
  for (const auto& [of_client, session] : now) {
    Client* client = state_.client(of_client);
    // A client that is out of reach attaches them again in its next session.
    if (client == nullptr || client->session.id != session || !client->session.peer) continue;
    if (client->parked) {
      client->attaching.goes_on = false;
      continue;
    }
    auto& rest = client->attaching.rest;
    const auto last = rest.begin() + static_cast<std::ptrdiff_t>(std::min(kTasks, rest.size()));
    Envelope envelope{{session, {}}, Attach{{rest.begin(), last}}};
    rest.erase(rest.begin(), last);
    resume({client->session.peer, std::move(envelope), {}, {}, {}, true, {}, false}, handle);
  }
}

std::vector<TaskSeq> MessageParking::needed(const Message& message, const Client& client) const {
  std::vector<TaskSeq> seqs;
  if (state_.tasks.paged_out() == 0) return seqs;
  // A submission names a task of its own principal only.
  const bool is_submission = std::holds_alternative<Submit>(message);
  const auto add = [&](const TaskId& id, bool also_unfinished) {
    const auto entry = state_.tasks.find_paged_out(id_in_table(client, id));
    if (!entry || !(is_submission ? owns(client, *entry) : might_see(client, *entry))) return;
    // The queue of a task on disk, by which the client may see it, is not known.
    const bool by_queue = !sees_all(client) && !owns(client, *entry);
    if (also_unfinished || by_queue || is_terminal(entry->state)) seqs.push_back(entry->seq);
  };
  if (const auto* submit = std::get_if<Submit>(&message)) {
    for (const Submission& submission : submit->tasks) add(submission.id, true);
  } else if (const auto* attach = std::get_if<Attach>(&message)) {
    for (const TaskId& id : attach->ids) add(id, false);
  } else if (const auto* cancel = std::get_if<Cancel>(&message)) {
    for (const TaskId& id : cancel->ids) add(id, true);
    if (mutant(Mutant::gentle_cancel_in_memory)) return seqs;
    for (const TaskId& id : cancel->unless_started) add(id, true);
  } else if (const auto named = task_named_in(message)) {
    if (const auto id = named_by(state_, client, *named)) add(*id, true);
  }
  return seqs;
}

// Returns the tasks that the worker has held since before a restart of the broker. It cannot hold those that were
// submitted since.
std::vector<TaskSeq> MessageParking::needed(const Hello& hello) const {
  std::vector<TaskSeq> seqs;
  if (hello.role != Role::worker || !state_.identity.durable || hello.worker.holding_store != state_.identity.store)
    return seqs;
  for (const Grant& grant : hello.worker.holding)
    if (grant.epoch < state_.identity.epoch && grant.seq <= state_.identity.last_seq) seqs.push_back(grant.seq);
  return seqs;
}

}  // namespace forkmill::broker
