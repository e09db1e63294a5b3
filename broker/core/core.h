// Core: the rules of the broker, complete and without I/O: no clock, no randomness, no socket, no thread. Its owner
// (the loop of broker/loop.h, or a simulator) hands it what arrives, and does what take_effects() returns:
//
//     core.handle(now, peer, envelope, fresh);    // for each message that has arrived
//     core.tick(now);                             // what is due by the clock
//     core.flush(now);                            // matches tasks with workers, and gathers what goes out
//     Effects effects = core.take_effects();
//
// The owner commits `effects.ops` as number `effects.commit`, hands `effects.requests` to the store after them, and
// sends each message as soon as the commit that it names is safe. tick() and flush() must be called again at
// next_wakeup() at the latest. One thread owns a core.
#pragma once

#include <string_view>

#include "broker/core/dispatcher.h"
#include "broker/core/outbox.h"
#include "broker/core/parts.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class Core {
 public:
  Core(CoreOptions options, Identity identity, proto::Now now);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- At the start, before anything else, in this order

  // One task that is in the store; by rising seq.
  void recover(const TaskSummary& task) { parts_.paging.recover(task); }
  // One record that is in the store, of named objects or of what operators have set; by rising seq. Throws
  // std::runtime_error, which names the record, if it makes no sense.
  void recover_record(proto::TaskSeq seq, std::string_view bytes) {
    if (ChangeCommands::is_record(bytes)) return parts_.bulk.recover(seq, bytes);
    Steering::is_record(bytes) ? parts_.steering.recover(seq, bytes) : parts_.objects.recover(seq, bytes);
  }
  // After the last record.
  void finish_recovery() { parts_.sessions.expect(parts_.objects.finish_recovery()); }

  // ---- In each round

  // Handles a message, or the reason why received bytes are not one. `fresh` becomes the id of the session that the
  // message begins, if it is a HELLO: 64 random bits, never 0.
  void handle(proto::Now now, proto::PeerId peer, proto::Result<proto::Envelope> envelope, proto::SessionId fresh);
  // The store's answer to a request among earlier effects.
  void handle(proto::Now now, StoreAnswer answer);
  // A message to that peer could not be sent.
  void unreachable(proto::PeerId peer) { parts_.index.lose_peer(peer); }
  // Call whenever keys, roles or rights have changed: from now on new answers are asked of the rights. Ends the
  // sessions of the peers for which `why` has a reason, as if they had fallen silent, and says GOODBYE to them with
  // not_permitted and this reason.
  void expel(proto::Now now, const Sessions::WhyExpelled& why);
  // Call when all commits up to that one are safe.
  void committed(proto::CommitSeq commit) { state_.output.safe = commit; }

  void tick(proto::Now now);
  void flush(proto::Now now);
  Effects take_effects() { return state_.output.take_effects(); }
  Instant next_wakeup() const;

  // Says GOODBYE to all peers. No task is taken in afterwards.
  void shut_down(proto::Now now);

  // ---- Facts that only the owner knows

  // While the disk is full, nothing is taken in that would have to be stored.
  void set_disk_full(bool full) { state_.shortage.disk = full; }
  // While the process has as much memory as it may have, no task and no value is taken in. All else goes on.
  void set_memory_full(bool full) { state_.shortage.memory = full; }
  // For queries: this process.
  void set_self(SelfReport self) { parts_.operators.set_self(std::move(self)); }

  // Whether a client or worker speaks in a session through that connection.
  bool has_session(proto::PeerId peer) const { return parts_.index.session(peer) != nullptr; }
  const BrokerState& state() const { return state_; }
  const Objects& objects() const { return parts_.objects; }
  const ChangeCommands& bulk_changes() const { return parts_.bulk; }

 private:
  void run_deadlines();

  BrokerState state_;
  Parts parts_{state_};
  Dispatcher dispatcher_{parts_};
  Outbox outbox_{state_, parts_.deliveries};
};

}  // namespace forkmill::broker
