// Ownership: this broker's hold on the shard, and its connection to the server. Waits for its turn, takes the shard
// over, and after an outage comes back only if the shard is still its own. One thread owns it, except where noted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/store/postgres/schema.h"
#include "broker/store/postgres/shard.h"
#include "broker/store/postgres/surroundings.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

struct PostgresOptions {
  ServerAddress address;
  CommitSafety safety = CommitSafety::standby;
  std::string cluster = "forkmill";  // the name of the cluster, which the database must have too
  std::uint64_t shards = 1;          // that the cluster has, which the database must have too
  std::uint64_t shard = 1;           // the one that this store is
  StoreOrigin origin;                // begins a store that is created
  std::string owner;                 // names this process; unique
  std::string endpoints;             // where clients reach it
  bool waits = true;                 // for the lease of the present owner to end; false: takes over at once
  // Whether this broker is the one to take the shard over, which is free. Asked again in each look at the shard.
  std::function<bool(ServerSession&)> is_chosen = [](ServerSession&) { return true; };
  // Carries out Store::divide(), on the thread that uses the store. Empty: the cluster has one shard.
  std::function<proto::Result<ClusterView>(const ClusterRequest&)> divide{};
  std::function<bool()> stopped = [] { return false; };  // any thread: whether the broker is to end; asked in waits
  std::chrono::milliseconds answer{10'000};              // longest wait for an answer of the server
  // Called for what operators should know: news, trouble, and whom the broker waits for. On the thread that uses the
  // store.
  std::function<void(const std::string&)> note = [](const std::string&) {};
  std::function<void(const std::string&)> warn = [](const std::string&) {};
  std::function<void(const std::string&)> standing_by = [](const std::string&) {};
  StoreSurroundings surroundings;
};

// Outage: tells operators of an outage of the server, and how long to wait before another attempt.
class Outage {
 public:
  // A connection was lost, or could not be made. Calls `warn`, with a new reason at most every 5 seconds. Returns how
  // long to wait: not at all after a loss that is the first one since settle().
  std::chrono::milliseconds report(const std::string& reason, const std::function<void(const std::string&)>& warn);
  // Returns whether there was an outage.
  bool end() { return std::exchange(lasts_, false); }
  // Call when a connection was of use.
  void settle() { losses_ = 0; }

 private:
  bool lasts_ = false;
  std::string told_;  // the reason
  Patience::Clock::time_point next_{};
  int losses_ = 0;
};

// OwnerWatch: whether the shard is free to be taken over, as a broker that waits for it sees it.
class OwnerWatch {
 public:
  // Returns whether no other broker owns the shard, and this one is chosen for it. Tells operators once who owns it.
  bool is_free(const ShardRow& row, const PostgresOptions& options, ServerSession& server);
  // The server was away: no owner could renew its lease meanwhile, and each has time to do so now.
  void note_outage() {
    grace_looks_ = static_cast<int>(kLease / kLeaseLook);
    announced_ = {};
  }

 private:
  // Returns whether the owner had a session that announced it, and has none any longer: its process has died.
  bool has_left(const ShardRow& row);
  // Returns whether the lease of the owner is over.
  bool has_ended(const ShardRow& row);

  std::string told_;        // the owner that was reported last
  proto::Epoch announced_;  // the owner that was seen to be present last
  int absent_looks_ = 0;    // since then
  int grace_looks_ = 0;     // how often a lease that has run out counts as one that has not
  int late_looks_ = 0;      // in a row that have found a lease that ends too late
};

class Ownership {
 public:
  explicit Ownership(PostgresOptions options) : options_{std::move(options)}, patience_{options_.answer} {}

  // Connects and brings up the schema, waits until no other broker owns the shard, and takes it over. Returns the row
  // of the shard; none if the broker was stopped before. Throws StoreError if the server cannot be used.
  std::optional<ShardRow> take();

  // Returns the connection. After lose(), connects first, and confirms that the shard is still this broker's. Throws
  // Interrupted if the server cannot be reached, StoreError if the shard has another owner.
  ServerSession& server();
  // The last commit that the server is known to have, safe as commits are.
  proto::CommitSeq stored() const { return stored_; }
  void set_stored(proto::CommitSeq commit) {
    stored_ = commit;
    outage_.settle();
  }
  // Drops the connection because of `reason`, and waits a little. Throws StoreError if the broker was to end some
  // seconds ago.
  void lose(const Interrupted& reason);

  // Throws StoreError if the shard is known to have another owner.
  void check() const;
  // Returns the reason behind a failed statement: another owner, if there is one.
  std::string explain(const StoreError& error);
  // Any thread: the broker is to end.
  void hurry() { patience_.hurry(); }

  const PostgresOptions& options() const { return options_; }
  proto::Epoch epoch() const { return epoch_; }

 private:
  Claimant claimant() const { return {options_.shard, options_.owner, options_.endpoints, options_.safety}; }
  void connect();
  // Waits until no other broker owns the shard. Returns false if the broker was stopped.
  bool await();
  // Takes the shard over unless another broker was quicker.
  bool try_to_take(ShardRow& row);

  const PostgresOptions options_;
  Patience patience_;
  std::unique_ptr<ServerSession> server_;
  bool reached_ = false;  // the server, once
  bool ready_ = false;    // the schema is there
  OwnerWatch watch_;
  Outage outage_;
  proto::Epoch epoch_;
  proto::CommitSeq stored_;
  std::unique_ptr<LeaseHolder> lease_;  // null: not the owner
};

}  // namespace forkmill::broker
