#include "broker/core/objects/directory.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <utility>

#include "broker/core/objects/kinds/make_object.h"
#include "broker/core/objects/spec.h"
#include "broker/core/state/rights_checks.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// Returns a number below those of all objects that this broker makes. No broker before it has used numbers above it.
std::uint64_t numbered_from(const Identity& identity) {
  constexpr std::uint64_t kMax = 0x7FFF'FFFF;
  return (identity.epoch.value() & kMax) << 32;
}

Failure failure(Errc code) { return {code, std::string{errc_text(code)}}; }

std::vector<ObjectId> sorted(const std::unordered_set<ObjectId>& ids) {
  std::vector<ObjectId> rising{ids.begin(), ids.end()};
  std::sort(rising.begin(), rising.end());
  return rising;
}

}  // namespace

Object* ObjectDirectory::find(ObjectId id) const {
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second.get();
}

Object* ObjectDirectory::named(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second;
}

Result<ObjectDirectory::Opened> ObjectDirectory::open(ClientHandle client, ObjectSpec spec, std::size_t bytes,
                                                      ObjectHost& host) {
  if (auto status = check_spec(spec, find(ObjectId{spec.other})); !status.ok()) return std::move(status).failure();
  if (auto status = check_shard(spec, state_.identity); !status.ok()) return std::move(status).failure();
  if (Object* object = named(spec.name)) {
    if ((spec.flags & kObjectMustBeNew) != 0)
      return Failure{Errc::object_exists, "'" + spec.name + "' is there already"};
    if (auto status = check_same(object->spec(), spec); !status.ok()) return std::move(status).failure();
    return Opened{object, false};
  }
  if ((spec.flags & kObjectMustExist) != 0) return Failure{Errc::object_unknown, "there is no '" + spec.name + "'"};
  if (objects_.size() >= state_.options.names.objects) return failure(Errc::too_many_objects);
  if (state_.shortage.memory) return failure(Errc::memory_full);
  if (Client* maker = state_.client(client)) {
    if (auto status = may_have_object(state_, *maker, bytes); !status.ok()) return std::move(status).failure();
  }
  if (spec.durability == Durability::durable && !state_.identity.durable) spec.durability = Durability::memory;
  // A condition that outlived its lock would be of no use; a lock that outlived its object would stay forever.
  if (const Object* other = find(ObjectId{spec.other}); other != nullptr && !other->durable())
    spec.durability = Durability::memory;
  if (spec.durability == Durability::durable && state_.shortage.disk) return failure(Errc::disk_full);
  if (spec.size < 0) spec.size = spec.kind == ObjectKind::semaphore || spec.kind == ObjectKind::barrier ? 1 : 0;
  return Opened{&make(client, std::move(spec), host), true};
}

Object& ObjectDirectory::make(ClientHandle client, ObjectSpec spec, ObjectHost& host) {
  const ObjectId id{numbered_from(state_.identity) + ++progress_.last_id};
  const bool owned = (spec.flags & kObjectOwned) != 0;
  Object& object = *objects_.emplace(id, make_object(id, std::move(spec), host)).first->second;
  names_.emplace(object.name(), &object);
  note_dependence(object);
  if (const Client* maker = state_.client(client)) object.count_for(maker->owner);
  if (owned) {
    object.owner = client;
    belongings_[client].owned.insert(id);
  }
  object.dirty = true;
  return object;
}

std::vector<ObjectId> ObjectDirectory::unused() {
  const Instant now = state_.clock.now();
  // Clients of an earlier broker may not be back yet.
  const bool is_early = now < std::max(state_.clock.start() + state_.options.session_timeout, progress_.look_at);
  if (is_early || objects_.size() < state_.options.names.objects) return {};
  progress_.look_at = now + std::chrono::seconds{1};
  std::vector<ObjectId> found;
  for (const auto& [id, object] : objects_) {
    const bool is_alone = object->spec().other == 0 && !dependents_.contains(id);
    const bool is_used = !object->users.empty() || object->owner || object->waiting() > 0;
    if (is_alone && !is_used && object->contents().is_pristine) found.push_back(id);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void ObjectDirectory::insert(std::unique_ptr<Object> object) {
  if (names_.contains(object->name()) || objects_.contains(object->id()))
    throw DecodeError{"there is another '" + object->name() + "'"};
  names_.emplace(object->name(), object.get());
  note_dependence(*object);
  object->was_stored = true;
  objects_.emplace(object->id(), std::move(object));
}

void ObjectDirectory::finish_recovery() {
  for (const auto& [id, object] : objects_) {
    object->parts_loaded();
    object->count_bytes();
    for (const ClientHandle client : object->holding_clients()) note_holding(client, id);
    if (object->owner) belongings_[object->owner].owned.insert(id);
  }
}

void ObjectDirectory::erase(Object& object) {
  if (object.owner)
    if (const auto owner = belongings_.find(object.owner); owner != belongings_.end())
      owner->second.owned.erase(object.id());
  if (const auto of_other = dependents_.find(ObjectId{object.spec().other}); of_other != dependents_.end()) {
    std::erase(of_other->second, object.id());
    if (of_other->second.empty()) dependents_.erase(of_other);
  }
  for (const ClientHandle client : object.users)
    if (const auto user = belongings_.find(client); user != belongings_.end()) user->second.used.erase(object.id());
  object.release_count();
  names_.erase(object.name());
  objects_.erase(object.id());
}

void ObjectDirectory::forget_client(ClientHandle client) {
  const auto found = belongings_.find(client);
  if (found == belongings_.end()) return;
  for (const ObjectId id : found->second.used)
    if (Object* object = find(id)) object->users.erase(client);
  belongings_.erase(found);
}

void ObjectDirectory::note_dependence(const Object& object) {
  if (object.spec().other != 0) dependents_[ObjectId{object.spec().other}].push_back(object.id());
}

std::vector<ObjectId> ObjectDirectory::dependents_of(ObjectId id) const {
  const auto found = dependents_.find(id);
  return found == dependents_.end() ? std::vector<ObjectId>{} : found->second;
}

std::vector<ObjectId> ObjectDirectory::held_by(ClientHandle client) const {
  const auto found = belongings_.find(client);
  return found == belongings_.end() ? std::vector<ObjectId>{} : sorted(found->second.held);
}

std::vector<ObjectId> ObjectDirectory::owned_by(ClientHandle client) const {
  const auto found = belongings_.find(client);
  return found == belongings_.end() ? std::vector<ObjectId>{} : sorted(found->second.owned);
}

std::vector<ClientHandle> ObjectDirectory::clients() const {
  std::vector<ClientHandle> all;
  all.reserve(belongings_.size());
  for (const auto& [client, belongings] : belongings_) all.push_back(client);
  return all;
}

}  // namespace forkmill::broker
