// Core: the rules of the broker, complete and without I/O: no clock, no randomness, no socket, no thread. Whoever runs
// it (the real loop in broker/loop.h, or a simulator) hands it what arrives and does what take_effects() says:
//
//     core.handle(now, peer, envelope, fresh)   for everything that has arrived, then
//     core.finish_round(now)                    once: matches, gathers, and
//     effects = core.take_effects()             commit `ops` as number `commit`, hand `requests` to the store after
//     them, send what needs no commit or an earlier one; core.next() says when to call finish_round again at the
//     latest.
//
// Answers of the store go to core.answered(). A message whose `after` is set must not be sent before that commit is
// safe. One thread owns a core.
#pragma once

#include <algorithm>
#include <vector>

#include "broker/core/lifecycle/attempts.h"
#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/intake.h"
#include "broker/core/lifecycle/matching.h"
#include "broker/core/lifecycle/paging.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/objects/objects.h"
#include "broker/core/operators/dead_letters.h"
#include "broker/core/operators/queries.h"
#include "broker/core/peers/processes.h"
#include "broker/core/peers/sessions.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "proto/result.h"

namespace forkmill::broker {

class Core {
 public:
  Core(CoreOptions options, Identity identity, proto::Now now);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // At the start, by rising seq, before anything else.
  void recover(const TaskSummary& task) { paging_.recover(task); }
  // Then so, and that was all.
  void recover_record(proto::TaskSeq seq, std::string_view bytes) { objects_.recover(seq, bytes); }
  void recovered() { sessions_.expect(objects_.finish_recovery()); }

  // A message, or bytes that are none. `fresh` becomes the session's id if this is a HELLO: 64 random bits, never 0.
  void handle(proto::Now now, proto::PeerId peer, proto::Result<proto::Envelope> envelope, proto::SessionId fresh);
  // A message to that peer was not taken.
  void unreachable(proto::PeerId peer) { sessions_.unreachable(peer); }

  // To a request among the effects.
  void answered(proto::Now now, StoreAnswer answer);
  // Whether there is room on the disk to take in more.
  void set_disk_full(bool full) { state_.disk_full = full; }

  void finish_round(proto::Now now);
  Effects take_effects();
  // Everything up to that commit is safe.
  void committed(proto::CommitSeq commit) { state_.safe = commit; }
  Instant next() const;

  // Says GOODBYE to all and takes in nothing more.
  void shut_down(proto::Now now);

  // For QUERY processes: this one, and where it runs.
  void set_self(proto::ProcessRow row, std::string host) {
    processes_.self = std::move(row);
    processes_.self_host = std::move(host);
  }
  // For QUERY status: what the process weighs.
  void set_rss(std::uint64_t bytes) { queries_.rss_bytes = bytes; }

  const BrokerState& state() const { return state_; }
  const Objects& objects() const { return objects_; }

 private:
  void handle_hello(proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh);
  bool park(proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh);
  void unpark(Paging::Parked parked);
  std::vector<proto::TaskSeq> needed(const proto::Message& message) const;
  std::vector<proto::TaskSeq> needed(const proto::Hello& hello) const;
  void dispatch(Client& client, const proto::Header& header, proto::Message& message);
  void attach(Client& client, const proto::Attach& attach);
  void query(Client& client, const proto::Query& query);
  proto::Reply carry_out(Client& client, const proto::Query& order, Task* task);
  void dispatch(Worker& worker, const proto::Header& header, proto::Message& message);
  void refuse(proto::PeerId peer, const proto::Header& header, Errc code, std::string text);
  void pass_on(Worker& worker, proto::Progress& progress);
  void give_credit(Worker& worker, std::uint64_t total);
  void run_deadlines();
  void flush_all(bool late_too);
  void flush(Client& client, bool now);
  void flush(Worker& worker, bool now);
  void ride_along() { late_acks_at_ = std::min(late_acks_at_, state_.now.steady + state_.options.ack_delay); }

  BrokerState state_;
  Registry registry_;
  Retention retention_{state_};
  Deliveries deliveries_{state_, retention_};
  Attempts attempts_{state_, deliveries_};
  Intake intake_{state_, deliveries_, retention_, registry_};
  Cancels cancels_{state_, attempts_};
  Objects objects_{state_};
  Sessions sessions_{state_, registry_, deliveries_, attempts_, cancels_, objects_};
  Processes processes_{state_, attempts_, cancels_, sessions_, objects_};
  Matching matching_{state_, attempts_};
  Paging paging_{state_, attempts_, retention_};
  DeadLetters dead_letters_{state_, intake_, retention_};
  Queries queries_{state_, registry_, retention_};
  // While a message is handled that waited for tasks: those that were found, by number.
  const Sessions::Ids* found_ = nullptr;
  // An acknowledgement alone wakes a peer for nothing that anybody waits for: it rides along with the next message to
  // that peer, or goes by itself a little later.
  static constexpr std::size_t kAcksAtOnce = 8;
  Instant late_acks_at_ = proto::kNever;
  std::vector<ClientHandle> late_clients_;
  std::vector<WorkerHandle> late_workers_;
};

}  // namespace forkmill::broker
