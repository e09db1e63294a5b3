#include "broker/core/objects/objects.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/core/objects/spec.h"
#include "broker/core/state/rights_checks.h"
#include "broker/core/state/task_visibility.h"
#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// Whether the operation adds bytes to an object. What frees bytes is done on a full disk too.
bool stores_values(const Operation& operation) {
  switch (operation.verb) {
    case Verb::put:
    case Verb::send:
    case Verb::store:
    case Verb::add:
    case Verb::append:
    case Verb::exchange:
    case Verb::insert:
      return !operation.values.empty();
    case Verb::lend:
      return ticket_to_claim(operation) == 0;
    default:
      return false;
  }
}

// Whether the broker takes in values for the object.
Status check_room(BrokerState& state, const Object& object, const Call& call) {
  if (state.shortage.memory && !mutant(Mutant::memory_limit_ignored))
    return {Errc::memory_full, std::string{errc_text(Errc::memory_full)}};
  if (state.shortage.disk && object.durable())
    return {Errc::disk_full, "the broker's disk is nearly full: durable objects take nothing in until there is room"};
  Client* client = state.client(call.client);
  return client == nullptr ? Status{} : may_grow_object(state, *client, object.maker(), call.bytes());
}

// Whether the operation is about a lock that a client of another principal holds: such a lock is not released, and its
// token is not told. After a restart, the principal of a holder that has not come back yet is not known: it is another.
bool is_about_lock_of_others(BrokerState& state, const Object& object, const Call& call) {
  if (call.op.verb != Verb::release && call.op.verb != Verb::look) return false;
  if (object.spec().kind != ObjectKind::lock) return false;
  const Client* client = state.client(call.client);
  if (client == nullptr || sees_all(*client)) return false;
  const std::vector<Object::Hold> holders = object.holders();
  if (holders.empty()) return false;
  // The token of an earlier hold releases nothing. The lock says so, and whether that hold was lost.
  const std::int64_t token = call.op.verb == Verb::release ? token_to_release(call.op) : 0;
  if (token != 0 && token != holders.front().token) return false;
  const Client* holder = state.client(holders.front().client);
  return holder == nullptr || holder->session.principal != client->session.principal;
}

Answer withdraw(OperationAnswers& operations, WaitLines& lines, const Call& call) {
  auto& entries = operations.of(call.client).entries;
  const auto entry = entries.find(number_to_withdraw(call.op));
  if (entry == entries.end() || !entry->second.waits) return done(0);
  lines.expire(*entry->second.waits);
  return done(1);
}

// Whether the client may use an object by its number. Numbers rise, so that clients could guess them: an object without
// a name of its own is there only for principals that have made it, or have opened it by the name that was made up.
Status check_number(BrokerState& state, const ObjectDirectory& directory, const Client& client, ObjectId id) {
  const Object* object = directory.find(id);
  if (object == nullptr) return {};
  const bool is_hidden = is_unnamed(object->name()) && !object->was_stored && !object->was_named_by(client.owner);
  if (is_hidden && !sees_all(client)) return {Errc::object_unknown, std::string{errc_text(Errc::object_unknown)}};
  return may_use_object(state, client.session.rights, object->name());
}

Status check_right(BrokerState& state, const ObjectDirectory& directory, const Client& client,
                   const Operation& operation) {
  if (client.session.rights == nullptr) return {};
  if (!operation.spec) return check_number(state, directory, client, ObjectId{operation.object});
  if (auto status = check_number(state, directory, client, ObjectId{operation.spec->other}); !status.ok())
    return status;
  return may_use_object(state, client.session.rights, operation.spec->name);
}

}  // namespace

void Objects::operate(Client& client, Operate& message) {
  CachedOperations& operations = operations_.of(client.handle);
  note_object_quota(client);
  OperationAnswers::acknowledge(operations, message);
  for (Operation& operation : message.operations) begin(client, operations, std::move(operation));
}

void Objects::begin(const Client& client, CachedOperations& operations, Operation operation) {
  CachedOperations::Entry* entry = operations_.admit(operations, operation.number);
  if (entry == nullptr) return;
  if (auto status = check_right(state_, directory_, client, operation); !status.ok())
    return operations_.answer(operations.client, operation.number, nullptr, failed(status.failure()));
  auto call = std::make_unique<Call>();
  call->client = operations.client;
  call->op = std::move(operation);
  call->since = state_.clock.now();
  transfers_.attach(call->client, call->op);
  if (auto answer = attempt(*call)) {
    operations_.answer(call->client, call->op.number, directory_.find(ObjectId{call->op.object}), std::move(*answer));
  } else {
    lines_.add(std::move(call), *entry);
  }
  call.reset();  // with the values that no object has kept
  advance_waiters();
}

std::optional<Answer> Objects::attempt(Call& call) {
  if (call.op.verb == Verb::open) return open(call);
  if (call.op.verb == Verb::withdraw) return withdraw(operations_, lines_, call);
  Object* object = directory_.find(ObjectId{call.op.object});
  if (object == nullptr) return failed(Errc::object_unknown);
  directory_.note_user(call.client, *object);
  if (call.op.verb == Verb::remove) {
    remove(*object);
    return done();
  }
  if (stores_values(call.op))
    if (auto status = check_room(state_, *object, call); !status.ok()) return failed(status.failure());
  call.object = object;
  const bool others_first = WaitLines::may_wait(call.op.verb) && !object->lines[object->line(call)].empty();
  if (others_first && !object->may_overtake(call)) return std::nullopt;
  const bool is_of_others = is_about_lock_of_others(state_, *object, call);
  if (is_of_others && call.op.verb == Verb::release)
    return failed(Errc::not_held, "a client of another principal holds '" + object->name() + "'");
  auto answer = object->attempt(call);
  if (is_of_others && answer) answer->b = 0;
  lines_.note_changed(*object);
  return answer;
}

Answer Objects::open(Call& call) {
  if (!call.op.spec) return bad_request("open needs a spec");
  if (auto status = check_initial(*call.op.spec, call.op.values, state_.identity.durable); !status.ok())
    return failed(status.failure());
  for (const ObjectId unused : directory_.unused())
    if (Object* object = directory_.find(unused)) remove(*object);
  const auto opened = directory_.open(call.client, *call.op.spec, initial_bytes(*call.op.spec, call.op.values), lines_);
  if (!opened.ok()) return failed(opened.failure());
  Object& object = *opened->object;
  directory_.note_user(call.client, object);
  if (const Client* client = state_.client(call.client); client != nullptr && is_unnamed(object.name()))
    object.note_named_by(client->owner);
  const bool begins_as_asked = opened->made && !call.op.values.empty();
  if (begins_as_asked) object.begin_as(call);
  call.op.object = object.id().value();
  object.opened(call);
  lines_.note_changed(object);
  return done(static_cast<std::int64_t>(object.id().value()), made_as(opened->made, begins_as_asked));
}

// Removes the object, and those that are of no use without it.
void Objects::remove(Object& object) {
  const ObjectId id = object.id();
  const ObjectId taken{(object.spec().flags & kObjectTakesOther) != 0 ? object.spec().other : 0};
  lines_.fail_all(object, Errc::object_unknown);
  LoanTransfers::end_object(object);
  storage_.erase(object);
  directory_.erase(object);
  for (const ObjectId dependent : directory_.dependents_of(id))
    if (Object* one = directory_.find(dependent); one != nullptr && !mutant(Mutant::lock_outlives_its_object))
      remove(*one);
  if (Object* other = directory_.find(taken)) remove(*other);
}

// Carries changes through until no waiting call gets further.
void Objects::advance_waiters() {
  transfers_.settle();
  while (const auto id = lines_.pop_changed()) {
    if (Object* object = directory_.find(*id)) {
      lines_.advance(*object);
      object->after_change();
      object->count_bytes();
      if (object->is_over())
        remove(*object);
      else
        storage_.note_changed(*object);
    }
    transfers_.settle();
  }
}

void Objects::task_ended(const Task& task) {
  if (!loans_.in_tasks()) return;
  transfers_.end_task(task);
  advance_waiters();
}

void Objects::client_gone(ClientHandle client, End end) {
  CachedOperations* operations = operations_.find(client);
  if (operations != nullptr) {
    for (auto& [number, entry] : operations->entries) {
      if (!entry.waits) continue;
      Object& object = *entry.waits->object;
      lines_.remove(*entry.waits);
      object.waiter_gone(*entry.waits);
      lines_.note_changed(object);
    }
  }
  for (const ObjectId id : directory_.held_by(client)) {
    if (Object* object = directory_.find(id)) {
      end == End::in_order ? object->client_left(client) : object->client_gone(client);
      lines_.note_changed(*object);
    }
  }
  if (operations != nullptr) storage_.erase(*operations);
  operations_.erase(client);
  const std::vector<ObjectId> owned = directory_.owned_by(client);
  directory_.forget_client(client);
  for (const ObjectId id : owned)
    if (Object* object = directory_.find(id)) remove(*object);
  advance_waiters();
}

void Objects::tick() {
  while (Call* call = lines_.next_expired()) {
    lines_.expire(*call);
    advance_waiters();
  }
}

void Objects::flush() {
  storage_.flush();
  operations_.flush();
}

std::vector<ClientHandle> Objects::finish_recovery() {
  directory_.finish_recovery();
  std::vector<ClientHandle> clients = operations_.clients();
  // Waiters go back to their lines at once, because a notification may come before their clients do.
  for (const ClientHandle client : clients) {
    CachedOperations& operations = operations_.of(client);
    for (auto& waiter : std::exchange(operations.condition_waiters, {})) lines_.restore(operations, std::move(waiter));
  }
  const std::vector<ClientHandle> holders = directory_.clients();
  clients.insert(clients.end(), holders.begin(), holders.end());
  std::sort(clients.begin(), clients.end());
  clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
  advance_waiters();
  return clients;
}

bool Objects::remove(std::string_view name) {
  Object* object = directory_.named(name);
  if (object == nullptr) return false;
  remove(*object);
  advance_waiters();
  return true;
}

std::optional<std::size_t> Objects::release(std::string_view name) {
  Object* object = directory_.named(name);
  if (object == nullptr) return std::nullopt;
  const std::vector<Object::Hold> holders = object->holders();
  for (const Object::Hold& hold : holders) object->client_gone(hold.client);
  lines_.note_changed(*object);
  advance_waiters();
  storage_.save_objects();
  return holders.size();
}

}  // namespace forkmill::broker
