// Output: what a round has gathered for peers, store and matching, and the commits that make it safe.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/state/client.h"
#include "broker/core/state/effects.h"
#include "broker/core/state/unsafe_submissions.h"
#include "broker/core/state/worker.h"
#include "proto/log_limit.h"

namespace forkmill::broker {

struct Output {
  explicit Output(proto::CommitSeq last) : commit{last}, safe{last} {}

  // `message`: a message of any type, which is not made a proto::Message before: that saves a move of it.
  template <class M>
  void send(Session& session, M&& message, proto::CommitSeq after = {}) {
    session.sent = session.sent.next();
    if (!session.peer) return;  // out of reach: messages that matter are sent again when the peer resumes
    if (sends.empty()) sends.reserve(last_sends);
    sends.push_back({session.peer,
                     {{session.id, session.sent}, proto::Message{std::forward<M>(message)}},
                     std::max(after, session.after)});
  }
  // To a peer without a session.
  void send_to_stranger(proto::PeerId peer, proto::Message message) {
    sends.push_back({peer, {{}, std::move(message)}, {}});
  }

  // Lets the peer be flushed at the end of the round: something waits in its `outgoing`.
  void touch(Client& client) {
    if (!std::exchange(client.outgoing.touched, true)) touched_clients.push_back(client.handle);
  }
  void touch(Worker& worker) {
    if (!std::exchange(worker.outgoing.touched, true)) touched_workers.push_back(worker.handle);
  }

  // Call when the worker may want a task and did not before: it has finished one, got credit or come back. Matching
  // finds out at the end of the round.
  void outdate_place(Worker& worker) {
    if (!std::exchange(worker.place.is_outdated, true)) outdated_places.push_back(worker.handle);
  }

  // Appends a change for the store.
  template <class Op>
  void store(Op&& op) {
    if (ops.empty()) ops.reserve(last_ops);
    ops.emplace_back(std::forward<Op>(op));
  }
  // Asks the store. Returns the ticket that comes back with the answer; tickets rise.
  std::uint64_t ask(decltype(StoreRequest::what) what) {
    StoreRequest& request = requests.emplace_back();
    request.ticket = ++last_ticket;
    request.what = std::move(what);
    return last_ticket;
  }

  // Returns the commit that makes the changes of this round safe, and all before.
  proto::CommitSeq safe_after() const { return ops.empty() ? commit : commit.next(); }

  // Removes and returns all of it.
  Effects take_effects() {
    constexpr std::size_t kManySends = 256;
    if (!sends.empty()) last_sends = std::min(sends.size(), kManySends);
    Effects effects{std::exchange(sends, {}),    std::exchange(ops, {}),  {},
                    std::exchange(requests, {}), std::exchange(cuts, {}), std::exchange(audit, {}),
                    std::exchange(finished, {})};
    if (effects.ops.empty()) return effects;
    effects.commit = commit = commit.next();
    constexpr std::size_t kMany = 1024;
    last_ops = std::min(effects.ops.size(), kMany);
    return effects;
  }

  std::vector<Send> sends;
  std::size_t last_sends = 0;  // how many the last round with some had, up to a bound: the next one gets room for them
  std::vector<StoreOp> ops;
  std::size_t last_ops = 0;  // how many the last round with some had, up to a bound: the next one gets room for them
  std::vector<StoreRequest> requests;
  std::vector<proto::PeerId> cuts;
  std::vector<std::string> audit;
  proto::LogLimit audit_limit{100};  // for audit_some()
  std::vector<FinishedTask> finished;
  std::uint64_t last_ticket = 0;
  proto::CommitSeq commit;  // the last commit handed to the store
  proto::CommitSeq safe;    // the last commit that the store has; a peer may be told of no later one
  std::vector<ClientHandle> touched_clients;
  std::vector<WorkerHandle> touched_workers;
  std::vector<WorkerHandle> outdated_places;  // workers that may stand in the wrong line of their offer
  UnsafeSubmissions unsafe;                   // submissions of all clients that are not safe
};

}  // namespace forkmill::broker
