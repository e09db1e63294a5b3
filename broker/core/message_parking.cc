#include "broker/core/message_parking.h"

#include <algorithm>
#include <functional>
#include <set>
#include <unordered_map>
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

// Whether the time of the task does not end while the client, which attaches it, has still to be sent its result. Tasks
// that the client may see by their queue at most are not held: it could name those of any queue to keep them.
bool is_held_for(const Client& client, PagedOutEntry entry) {
  return is_terminal(entry.state) && may_see_in_any_queue(client, entry);
}

// Removes and returns the first clients of the list, as many as have their turn in one round.
std::vector<std::pair<ClientHandle, SessionId>> next_turns(std::vector<std::pair<ClientHandle, SessionId>>& list) {
  constexpr std::size_t kClients = 16;
  const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(kClients, list.size()));
  std::vector<std::pair<ClientHandle, SessionId>> first{list.begin(), end};
  list.erase(list.begin(), end);
  return first;
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
  std::vector<TaskSeq> held;
  if (attach != nullptr) held = hold(client, *attach);
  paging_.park({.peer = peer, .envelope = std::move(envelope), .in_parts = attach != nullptr, .held = std::move(held)},
               std::move(wanted));
  return true;
}

bool MessageParking::park_hello(PeerId peer, Envelope& envelope, SessionId fresh) {
  const Hello& hello = std::get<Hello>(envelope.message);
  std::vector<TaskSeq> wanted = needed(hello);
  if (wanted.empty()) return false;
  auto wants = claims_of(hello);
  paging_.park({.peer = peer, .envelope = std::move(envelope), .fresh = fresh, .wants = std::move(wants)},
               std::move(wanted));
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
  const auto waiting = [&] { return client_in(parked.peer, session); };
  if (Client* client = waiting(); !std::holds_alternative<Hello>(parked.envelope.message) && client != nullptr) {
    if (parked.in_parts && !parked.left.empty())
      set_aside(*client, std::get<Attach>(parked.envelope.message), parked.left, !parked.holds_up);
    parked.left.clear();
    if (auto wanted = needed(parked.envelope.message, *client); !wanted.empty())
      return paging_.park(std::move(parked), std::move(wanted));
  }
  if (Client* client = waiting(); client != nullptr && parked.holds_up) client->parked = false;
  handle(parked.peer, parked.envelope, parked.fresh, &parked.ids);
  for (const TaskSeq seq : parked.held) state_.paging.release(seq);
  paging_.release(parked.visitors);
  if (Client* client = waiting(); client != nullptr) {
    if (!parked.holds_up) client->attaching.goes_on = false;
    if (parked.in_parts) client->attaching.wait_for(client->results);
    broker::attach_more(state_, *client);
  }
  if (parked.holds_up) handle_behind(parked.peer, session, handle);
}

void MessageParking::handle_behind(PeerId peer, SessionId session, const Handle& handle) {
  constexpr std::size_t kMessages = 16;
  constexpr std::size_t kIds = 64 * 1024;  // that the messages attach
  std::size_t ids = 0;
  for (std::size_t handled = 0;; ++handled) {
    Client* client = client_in(peer, session);
    if (client == nullptr || client->parked || client->behind.empty()) return;
    if (handled == kMessages || ids >= kIds) {
      client->parked = true;
      state_.paging.behind.emplace_back(client->handle, session);
      return;
    }
    Envelope next = std::move(client->behind.front());
    client->behind.pop_front();
    client->behind_bytes -= std::min(client->behind_bytes, size_of(next.message));
    if (const auto* attach = std::get_if<Attach>(&next.message)) ids += attach->ids.size();
    handle(peer, next, {}, nullptr);
  }
}

Client* MessageParking::client_in(PeerId peer, SessionId session) const {
  Client* client = index_.client(peer);
  return client != nullptr && client->session.id == session ? client : nullptr;
}

std::vector<TaskSeq> MessageParking::hold(const Client& client, const Attach& attach) {
  std::vector<TaskSeq> held;
  for (const TaskId& id : attach.ids) {
    const auto entry = state_.tasks.find_paged_out(id_in_table(client, id));
    if (!entry || !is_held_for(client, *entry)) continue;
    ++state_.paging.held[entry->seq];
    held.push_back(entry->seq);
  }
  return held;
}

void MessageParking::set_aside(Client& client, Attach& attach, const std::vector<TaskSeq>& seqs, bool in_front) {
  std::unordered_map<TaskSeq, bool> is_listed;
  for (const TaskSeq seq : seqs) is_listed.emplace(seq, false);
  std::vector<Client::Attaching::Wanted> later;
  std::erase_if(attach.ids, [&](const TaskId& id) {
    const auto entry = state_.tasks.find_paged_out(id_in_table(client, id));
    if (!entry) return false;
    const auto chosen = is_listed.find(entry->seq);
    if (chosen == is_listed.end()) return false;
    if (std::exchange(chosen->second, true)) return true;  // the message names it twice
    const bool is_held = is_held_for(client, *entry);
    if (is_held) ++state_.paging.held[entry->seq];
    later.push_back({id, is_held ? entry->seq : TaskSeq{}});
    return true;
  });
  auto& rest = client.attaching.rest;
  rest.insert(in_front ? rest.begin() : rest.end(), later.begin(), later.end());
  if (rest.size() <= state_.options.resident.attaching) return;
  state_.output.cuts.push_back(client.session.peer);
  give_up_attaching(state_, client);
}

void MessageParking::go_on(const Handle& handle) {
  for (const auto& [of_client, session] : next_turns(state_.paging.behind)) {
    Client* client = state_.client(of_client);
    // A client that is out of reach sends them again in its next session.
    if (client == nullptr || client->session.id != session || !client->session.peer) continue;
    const PeerId peer = client->session.peer;
    client->parked = false;
    handle_behind(peer, session, handle);
    if (Client* still = client_in(peer, session)) broker::attach_more(state_, *still);
  }
  attach_more(handle);
}

void MessageParking::attach_more(const Handle& handle) {
  constexpr std::size_t kTasks = 1024;  // for each client
  for (const auto& [of_client, session] : next_turns(state_.paging.attaching)) {
    Client* client = state_.client(of_client);
    // A client that is out of reach attaches them again in its next session.
    if (client == nullptr || client->session.id != session || !client->session.peer) continue;
    if (client->parked) {
      client->attaching.goes_on = false;
      continue;
    }
    auto& rest = client->attaching.rest;
    const auto last = rest.begin() + static_cast<std::ptrdiff_t>(std::min(kTasks, rest.size()));
    Attach attach;
    std::vector<TaskSeq> held;
    for (auto one = rest.begin(); one != last; ++one) {
      attach.ids.push_back(one->id);
      held.push_back(one->held);
    }
    rest.erase(rest.begin(), last);
    Envelope envelope{{session, {}}, std::move(attach)};
    resume({.peer = client->session.peer,
            .envelope = std::move(envelope),
            .in_parts = true,
            .holds_up = false,
            .held = std::move(held)},
           handle);
  }
}

std::vector<TaskSeq> MessageParking::needed(const Message& message, const Client& client) const {
  std::vector<TaskSeq> seqs;
  if (state_.tasks.paged_out() == 0) return seqs;
  // A submission names a task of its own principal only.
  const bool is_submission = std::holds_alternative<Submit>(message);
  const bool is_attach = std::holds_alternative<Attach>(message);
  std::unordered_set<TaskSeq> attached;
  const auto add = [&](const TaskId& id, bool also_unfinished) {
    const auto entry = state_.tasks.find_paged_out(id_in_table(client, id));
    if (!entry || !(is_submission ? owns(client, *entry) : might_see(client, *entry))) return;
    const bool by_queue = !may_see_in_any_queue(client, *entry);
    if (!also_unfinished && !by_queue && !is_terminal(entry->state)) return;
    if (!is_attach || attached.insert(entry->seq).second) seqs.push_back(entry->seq);
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
    if (const auto id = named_by(client, *named)) add(*id, true);
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
