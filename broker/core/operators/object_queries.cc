#include "broker/core/operators/object_queries.h"

#include "broker/core/objects/base/names.h"
#include "broker/core/operators/answers/packed_map.h"
#include "proto/session/shards.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// The name by which clients of all shards find the object (proto::ObjectPlace).
std::string name_in_cluster(const Object& object, const Identity& identity) {
  const bool is_where_name_says = identity.shards <= 1 || (!proto::is_unnamed(object.name()) &&
                                                           shard_of(object.name(), identity.shards) == identity.shard);
  return is_where_name_says ? object.name() : object.name() + "@" + std::to_string(identity.shard);
}

// The instance of the client with which the object goes is told to operators and to its own principal.
PackedMap object_row(const BrokerState& state, const Client& asker, const Object& object) {
  const bool is_own = object.maker() != nullptr && object.maker() == asker.owner;
  return PackedMap{}
      .add("name", name_in_cluster(object, state.identity))
      .add("id", object.id().value())
      .add("kind", kind_name(object.spec().kind))
      .add("durable", object.durable())
      .add("size", object.size())
      .add("waiting", object.waiting())
      .add("held", object.holders().size())
      .add("owner", sees_all(asker) || is_own ? object.owner.value() : 0);
}

// An operator knows of all objects, another client of those that it may use. Who knows the name of an object without a
// name of its own may use it, so it is told to the maker's principal only.
bool may_know(const Client& client, const Object& object) {
  if (sees_all(client)) return true;
  if (proto::is_unnamed(object.name())) return object.maker() != nullptr && object.maker() == client.owner;
  return proto::allows(client.session.rights->objects, object.name());
}

Failure unknown_object(const std::string& name) { return {Errc::object_unknown, "there is no object '" + name + "'"}; }

}  // namespace

ReplyBody list_objects(const Objects& objects, const BrokerState& state, const Client& asker,
                       const std::string& prefix) {
  constexpr std::size_t kMax = 10'000;
  std::vector<PackedMap> rows;
  const auto& names = objects.directory().by_name();
  for (auto at = names.lower_bound(prefix); at != names.end() && at->first.starts_with(prefix) && rows.size() < kMax;
       ++at) {
    if (may_know(asker, *at->second)) rows.push_back(object_row(state, asker, *at->second));
  }
  return PackedMap{}.add("objects", rows).add("count", names.size());
}

ReplyBody show_object(const Objects& objects, BrokerState& state, const Client& asker, const std::string& name) {
  const Object* object = objects.directory().named(name);
  if (object == nullptr || !may_know(asker, *object)) return unknown_object(name);
  constexpr std::size_t kMax = 1000;
  const auto peer = [&](ClientHandle handle) {
    const Client* client = state.client(handle);
    return PackedMap{}
        .add("client", client == nullptr ? std::string{} : client->session.name.str())
        .add("host", client == nullptr ? std::string{} : client->session.host)
        .add("pid", client == nullptr ? 0U : client->session.pid);
  };
  std::vector<PackedMap> waiters;
  for (const Line& line : object->lines) {
    for (const Call* call : line) {
      if (waiters.size() == kMax) break;
      waiters.push_back(
          PackedMap{}
              .add("peer", peer(call->client))
              .add("who", call->op.who)
              .add("verb", verb_name(call->op.verb))
              .add("waiting_ms", std::chrono::duration_cast<milliseconds>(state.clock.now() - call->since).count()));
    }
  }
  // A token tells holders apart at what the object guards: it is told to operators and to the holder's principal.
  const auto shows_token = [&](ClientHandle handle) {
    const Client* client = state.client(handle);
    return sees_all(asker) || (client != nullptr && client->session.principal == asker.session.principal);
  };
  std::vector<PackedMap> holders;
  for (const Object::Hold& hold : object->holders()) {
    holders.push_back(PackedMap{}
                          .add("peer", peer(hold.client))
                          .add("who", hold.who)
                          .add("count", hold.count)
                          .add("token", shows_token(hold.client) ? hold.token : 0));
  }
  return PackedMap{}.add("object", object_row(state, asker, *object)).add("holders", holders).add("waiters", waiters);
}

ReplyBody remove_object(Objects& objects, const std::string& name) {
  if (!objects.remove(name)) return unknown_object(name);
  return PackedMap{}.add("name", name);
}

ReplyBody release_object(Objects& objects, const std::string& name) {
  const auto released = objects.release(name);
  if (!released) return unknown_object(name);
  return PackedMap{}.add("name", name).add("released", *released);
}

}  // namespace forkmill::broker
