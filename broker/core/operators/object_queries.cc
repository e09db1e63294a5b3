#include "broker/core/operators/object_queries.h"

#include "broker/core/objects/base/names.h"
#include "broker/core/operators/packed_map.h"

namespace forkmill::broker {

using namespace proto;

namespace {

PackedMap object_row(const Object& object) {
  return PackedMap{}
      .add("name", object.name())
      .add("id", object.id().value())
      .add("kind", kind_name(object.spec().kind))
      .add("durable", object.durable())
      .add("size", object.size())
      .add("waiting", object.waiting())
      .add("held", object.holders().size())
      .add("owner", object.owner.value());
}

Reply unknown_object(const Query& query) {
  return {query.id, Errc::object_unknown, "there is no object '" + query.argument + "'", {}};
}

Reply object_reply(const Query& query, const PackedMap& body) {
  return {query.id, Errc::ok, {}, Payload::own(body.bytes())};
}

}  // namespace

Reply list_objects(const Objects& objects, const Query& query) {
  constexpr std::size_t kMax = 10'000;
  std::vector<PackedMap> rows;
  const auto& names = objects.directory().by_name();
  for (auto at = names.lower_bound(query.argument);
       at != names.end() && at->first.starts_with(query.argument) && rows.size() < kMax; ++at) {
    rows.push_back(object_row(*at->second));
  }
  return object_reply(query, PackedMap{}.add("objects", rows).add("count", names.size()));
}

Reply show_object(const Objects& objects, BrokerState& state, const Query& query) {
  const Object* object = objects.directory().named(query.argument);
  if (object == nullptr) return unknown_object(query);
  constexpr std::size_t kMax = 1000;
  const auto peer = [&](ClientHandle handle) {
    const Client* client = state.client(handle);
    return PackedMap{}
        .add("client", client == nullptr ? std::string{} : client->session.name)
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
              .add("waiting_ms", std::chrono::duration_cast<milliseconds>(state.now.steady - call->since).count()));
    }
  }
  std::vector<PackedMap> holders;
  for (const Object::Hold& hold : object->holders()) {
    holders.push_back(PackedMap{}
                          .add("peer", peer(hold.client))
                          .add("who", hold.who)
                          .add("count", hold.count)
                          .add("token", hold.token));
  }
  return object_reply(query,
                      PackedMap{}.add("object", object_row(*object)).add("holders", holders).add("waiters", waiters));
}

Reply remove_object(Objects& objects, const Query& query) {
  if (!objects.remove(query.argument)) return unknown_object(query);
  return object_reply(query, PackedMap{}.add("name", query.argument));
}

Reply release_object(Objects& objects, const Query& query) {
  const auto released = objects.release(query.argument);
  if (!released) return unknown_object(query);
  return object_reply(query, PackedMap{}.add("name", query.argument).add("released", *released));
}

}  // namespace forkmill::broker
