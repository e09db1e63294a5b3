#include "broker/cluster/membership.h"

#include <utility>

#include "broker/store/postgres/schema.h"
#include "broker/store/postgres/shard.h"

namespace forkmill::broker {

namespace {

// The broker of an owner is the first word of its name. A shard whose lease is over has none.
std::string shards_and_owners() {
  const std::string lasts = lease_lasts("l.lease_until");
  return "SELECT s.id, CASE WHEN " + lasts +
         " THEN split_part(s.owner, ' ', 1) ELSE '' END, coalesce(p.broker, ''), CASE WHEN " + lasts +
         " THEN s.address ELSE '' END, s.epoch FROM forkmill.shard s JOIN forkmill.lease l ON l.shard = s.id"
         " LEFT JOIN forkmill.placement p ON p.shard = s.id ORDER BY s.id";
}

// Leases end too late when the clock of the server was set back. Until they are renewed, within 400 ms, their brokers
// look dead, and their shards look as if they had no owner. No shard changes hands so soon: OwnerWatch and HandOver
// look several times.
void read_brokers(ServerSession& server, ClusterView& view) {
  const Rows rows =
      server.run("SELECT name, draining, " + lease_lasts("lease_until") + " FROM forkmill.broker ORDER BY name");
  for (int i = 0; i < rows.size(); ++i) {
    if (rows.number(i, 2) != 0)
      view.brokers.push_back({rows.text(i, 0), rows.number(i, 1) != 0});
    else
      view.dead.push_back(rows.text(i, 0));
  }
}

}  // namespace

ClusterView read_view(ServerSession& server) {
  ClusterView view;
  read_brokers(server, view);
  const Rows rows = server.run(shards_and_owners());
  for (int i = 0; i < rows.size(); ++i) {
    view.shards.push_back({rows.number(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.number(i, 4)});
  }
  return view;
}

Membership::Membership(PostgresOptions store, std::string name) : store_{std::move(store)}, name_{std::move(name)} {}

void Membership::connect() {
  server_ = open_session(store_.surroundings.connect, store_.address, patience_, {store_.safety});
  bring_up_schema(*server_, store_.cluster, store_.shards, store_.origin);
  // Like a lease, this need not outlive the server.
  server_->run("SET synchronous_commit = off");
  server_->run("DELETE FROM forkmill.broker WHERE lease_until < clock_timestamp() - interval '1 day'");
}

void Membership::announce() {
  const Rows done = server_->run(
      "INSERT INTO forkmill.broker AS b (name, process, lease_until) VALUES ($1::text, $2::text, clock_timestamp() + "
      "interval '" +
          std::to_string(kLease.count()) +
          " ms') ON CONFLICT (name) DO UPDATE SET process = excluded.process, lease_until = excluded.lease_until,"
          " draining = b.draining AND b.process = excluded.process"
          " WHERE b.process = excluded.process OR NOT " +
          lease_lasts("b.lease_until") + " RETURNING 1::bigint",
      Parameters{}.bytes(name_).bytes(store_.owner));
  if (done.size() == 1) return;
  throw NameTaken{"another broker of this cluster that runs has the name " + name_ +
                  ": give one of them another --advertise"};
}

Membership::News Membership::look() {
  try {
    if (server_ == nullptr) connect();
    announce();
    News news{read_view(*server_), {}};
    for (const OwnedShard& shard : news.view.shards) {
      news.map.places.push_back({shard.address});
      news.map.version += shard.epoch;
    }
    return news;
  } catch (const Interrupted&) {
    server_.reset();
    throw;
  }
}

void Membership::leave() {
  try {
    if (server_ == nullptr) return;
    server_->run("DELETE FROM forkmill.broker WHERE name = $1::text AND process = $2::text",
                 Parameters{}.bytes(name_).bytes(store_.owner));
  } catch (const std::runtime_error&) {
    server_.reset();  // the lease runs out
  }
}

}  // namespace forkmill::broker
