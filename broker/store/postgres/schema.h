// The schema of a PostgreSQL database that brokers share, and its versions.
//
//     forkmill.cluster            one row: the name of the cluster, the version of the schema, the number of shards
//     forkmill.broker             for each broker that lives: its name, its process, until when it counts as alive
//     forkmill.key_book           one row: the invitations, and the keys that have come of them (broker/enrolment/)
//     forkmill.placement          for each shard that an operator has placed: the broker that is to own it
//     forkmill.shard              for each shard: its owner's epoch, the last commit, the highest number
//     forkmill.lease              for each shard: until when its owner counts as alive
//     forkmill.span               for each shard: the spans that have tables
//     forkmill.task_N_S           tasks of span S of shard N, and their outcomes and progressions beside them
//     forkmill.record_N           pieces of named objects of shard N
//
// Shards are numbered from 1. Their number is fixed when the schema is created. A span is a million consecutive task
// numbers. Tasks are removed one by one, and the tables of a span as a whole when nothing is left in it, so that no
// space has to be reclaimed row by row.
#pragma once

#include <cstdint>
#include <string>

#include "broker/store/postgres/server_session.h"
#include "proto/ids.h"

namespace forkmill::broker {

inline constexpr std::uint64_t kMaxShards = 64;
inline constexpr std::uint64_t kSpanNumbers = std::uint64_t{1} << 20;

inline std::uint64_t span_of(proto::TaskSeq seq) { return seq.value() / kSpanNumbers; }

// StoreOrigin: what a store that is created begins with.
struct StoreOrigin {
  std::string id;      // unpredictable; that of shard 1. Other shards have their number behind it
  proto::Epoch epoch;  // the one before its first one
  proto::CommitSeq commit;
  proto::TaskSeq last_seq;
};

// Creates the schema if it is missing, and converts one of an earlier version, in one transaction; brokers that start
// at the same time wait for each other. `cluster` names the cluster. Throws StoreError for a schema of a newer version,
// of another cluster or with another number of shards. REQUIRES: 1 <= shards <= kMaxShards.
void bring_up_schema(ServerSession& server, const std::string& cluster, std::uint64_t shards,
                     const StoreOrigin& origin);
bool has_schema(ServerSession& server);
// Replaces the text of the key book in one transaction. REQUIRES: has_schema(), and no broker has the database.
void replace_key_book(ServerSession& server, const std::string& text);
// Gives the cluster another name. REQUIRES: has_schema().
void rename_cluster(ServerSession& server, const std::string& name);

}  // namespace forkmill::broker
