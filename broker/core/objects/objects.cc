#include "broker/core/objects/objects.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "broker/core/objects/kinds/object.h"
#include "broker/core/objects/record.h"
#include "broker/core/objects/spec.h"
#include "broker/core/operators/packed_map.h"
#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// Operations that stand in line with others of their kind; all others are done, or refused, at once.
bool may_wait(Verb verb) {
  switch (verb) {
    case Verb::acquire:
    case Verb::wait:
    case Verb::put:
    case Verb::get:
    case Verb::join:
    case Verb::send:
    case Verb::receive:
    case Verb::poll:
    case Verb::watch:
      return true;
    default:
      return false;
  }
}

// Objects are numbered from there: no broker before has given out such numbers.
std::uint64_t numbered_from(const Identity& identity) {
  constexpr std::uint64_t kMax = 0x7FFF'FFFF;
  return (identity.epoch.value() & kMax) << 32;
}

Answer unknown_object() { return failed(Errc::object_unknown); }

}  // namespace

// ---- Operations -----------------------------------------------------------------------------------------------------

Objects::Objects(BrokerState& state) : state_{state} {}

Objects::~Objects() = default;

void Objects::operate(Client& client, Operate& message) {
  ClientOperations& operations = operations_of_[client.handle];
  if (message.answered > operations.answered) {
    operations.answered = message.answered;
    auto& entries = operations.entries;
    for (auto at = entries.begin(); at != entries.end() && at->first < operations.answered;)
      at = at->second.waits ? std::next(at) : entries.erase(at);
  }
  for (std::size_t i = 0; i + 1 < message.also.size(); i += 2) {
    auto& entries = operations.entries;
    for (auto at = entries.lower_bound(message.also[i]); at != entries.end() && at->first <= message.also[i + 1];)
      at = at->second.waits ? std::next(at) : entries.erase(at);
  }
  const ClientHandle handle = client.handle;
  for (Operation& operation : message.operations) begin(handle, operations, std::move(operation));
}

void Objects::begin(ClientHandle client, ClientOperations& operations, Operation operation) {
  const std::uint64_t number = operation.number;
  if (number < operations.answered) return;
  if (const auto known = operations.entries.find(number); known != operations.entries.end()) {
    if (!known->second.waits) resend(client, operations, number);
    return;
  }
  if (operations.entries.size() >= 2 * limits::kMaxOperations) return;  // it does not confirm what it gets
  auto call = std::make_unique<Call>();
  call->client = client;
  call->op = std::move(operation);
  call->since = state_.now.steady;
  call->deadline = deadlines_.end();
  ClientOperations::Entry& entry = operations.entries[number];
  if (operations.entries.size() > limits::kMaxOperations) {
    return put_answer(client, number, nullptr, failed(Errc::too_many_waiting));
  }
  if (auto answer = carry_out(*call)) {
    put_answer(client, number, find(ObjectId{call->op.object}), std::move(*answer));
  } else {
    park(std::move(call), entry);
  }
  settle();
}

std::optional<Answer> Objects::carry_out(Call& call) {
  if (call.op.verb == Verb::open) return open(call);
  if (call.op.verb == Verb::withdraw) return withdraw(call);
  Object* object = find(ObjectId{call.op.object});
  if (object == nullptr) return unknown_object();
  if (call.op.verb == Verb::remove) {
    take(*object);
    return done();
  }
  call.object = object;
  const bool others_first = may_wait(call.op.verb) && !object->lines[object->line(call)].empty();
  if (others_first && !object->may_overtake(call)) return std::nullopt;
  auto answer = object->attempt(call);
  changed(*object);
  return answer;
}

Answer Objects::open(Call& call) {
  if (!call.op.spec) return bad_request("open needs a spec");
  ObjectSpec spec = std::move(*call.op.spec);
  if (const auto status = check_spec(spec, find(ObjectId{spec.other})); !status.ok()) return failed(status.failure());
  Object* object = named(spec.name);
  const bool make = object == nullptr;
  if (!make) {
    if ((spec.flags & kObjectMustBeNew) != 0)
      return failed(Errc::object_exists, "'" + spec.name + "' is there already");
    if (const auto status = check_same(object->spec(), spec); !status.ok()) return failed(status.failure());
  } else {
    if ((spec.flags & kObjectMustExist) != 0) return failed(Errc::object_unknown, "there is no '" + spec.name + "'");
    if (objects_.size() >= state_.options.max_objects) return failed(Errc::too_many_objects);
    if (spec.durability == Durability::durable && !state_.identity.durable) spec.durability = Durability::memory;
    // A condition is nothing without its lock.
    if (const Object* lock = find(ObjectId{spec.other}); spec.kind == ObjectKind::condition && !lock->durable())
      spec.durability = Durability::memory;
    if (spec.durability == Durability::durable && state_.disk_full) return failed(Errc::disk_full);
    if (spec.size < 0) spec.size = spec.kind == ObjectKind::semaphore || spec.kind == ObjectKind::barrier ? 1 : 0;
    const ObjectId id{numbered_from(state_.identity) + ++last_id_};
    const bool owned = (spec.flags & kObjectOwned) != 0;
    auto fresh = make_object(id, std::move(spec), *this);
    object = fresh.get();
    objects_.emplace(id, std::move(fresh));
    names_.emplace(object->name(), object);
    if (owned) {
      object->owner = call.client;
      operations_of_[call.client].owned.insert(id);
    }
    object->dirty = true;
  }
  call.op.object = object->id().value();
  object->opened(call);
  changed(*object);
  return done(static_cast<std::int64_t>(object->id().value()), make ? 1 : 0);
}

Answer Objects::withdraw(const Call& call) {
  auto& entries = operations_of_[call.client].entries;
  const auto entry = entries.find(number_to_withdraw(call.op));
  if (entry == entries.end() || !entry->second.waits) return done(0);
  give_up(*entry->second.waits);
  return done(1);
}

// It is no more.
void Objects::take(Object& object) {
  for (Line& line : object.lines) {
    while (!line.empty()) {
      Call& call = *line.front();
      leave_line(call);
      put_answer(call.client, call.op.number, nullptr, unknown_object());
    }
  }
  if (object.durable()) {
    if (object.stored_as) state_.ops.emplace_back(EraseRecord{object.stored_as});
    for (const TaskSeq seq : object.all_records()) state_.ops.emplace_back(EraseRecord{seq});
  }
  if (object.owner)
    if (const auto owner = operations_of_.find(object.owner); owner != operations_of_.end())
      owner->second.owned.erase(object.id());
  names_.erase(object.name());
  objects_.erase(object.id());
}

// ---- Those who wait -------------------------------------------------------------------------------------------------

void Objects::park(std::unique_ptr<Call> call, ClientOperations::Entry& entry) {
  Call& waiting = *call;
  entry.waits = std::move(call);
  Object& object = *waiting.object;
  waiting.line = object.line(waiting);
  Line& line = object.lines[waiting.line];
  waiting.place = line.insert(line.end(), &waiting);
  note_progress(object, waiting);
  note_condition_waiter(waiting);
  const milliseconds wait = std::min(waiting.op.wait, limits::kMaxDuration);
  if (wait.count() > 0) waiting.deadline = deadlines_.emplace(state_.now.steady + wait, &waiting);
  if (wait.count() == 0) give_up(waiting);
}

void Objects::leave_line(Call& call) {
  call.object->lines[call.line].erase(call.place);
  if (call.deadline != deadlines_.end()) deadlines_.erase(std::exchange(call.deadline, deadlines_.end()));
}

void Objects::move(Call& call, Object& to, std::size_t line) {
  changed(*call.object);
  leave_line(call);
  call.object = &to;
  call.line = line;
  call.place = to.lines[line].insert(to.lines[line].end(), &call);
  changed(to);
  note_condition_waiter(call);
}

void Objects::give_up(Call& call) {
  Object& object = *call.object;
  auto answer = object.give_up(call);
  changed(object);
  if (answer) {
    leave_line(call);
    put_answer(call.client, call.op.number, &object, std::move(*answer));
  } else if (call.deadline != deadlines_.end()) {
    deadlines_.erase(std::exchange(call.deadline, deadlines_.end()));
  }
}

Object* Objects::find(ObjectId id) {
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : found->second.get();
}

void Objects::holds(ClientHandle client, ObjectId object) { operations_of_[client].objects.insert(object); }

void Objects::changed(Object& object) { changed_.push_back(object.id()); }

void Objects::settle() {
  while (!changed_.empty()) {
    const ObjectId id = changed_.back();
    changed_.pop_back();
    Object* object = find(id);
    if (object == nullptr) continue;
    pump(*object);
    if (object->is_over())
      take(*object);
    else if (object->dirty && object->durable())
      dirty_.push_back(id);
  }
}

void Objects::pump(Object& object) {
  bool further = true;
  while (further) {
    further = false;
    for (Line& line : object.lines) {
      while (!line.empty()) {
        Call& head = *line.front();
        if (auto answer = object.attempt(head)) {
          leave_line(head);
          put_answer(head.client, head.op.number, &object, std::move(*answer));
        } else if (const std::size_t now = object.line(head); now != head.line) {
          Line& other = object.lines[now];
          other.splice(other.end(), line, head.place);
          head.line = now;
        } else {
          note_progress(object, head);
          break;
        }
        further = true;
      }
    }
  }
}

// A durable operation that is half done and waits must not begin anew after a restart.
void Objects::note_progress(const Object& object, const Call& call) {
  if (!object.durable() || !object.dirty || call.op.verb != Verb::put || call.count == 0) return;
  ClientOperations& operations = operations_of_[call.client];
  operations.dirty = true;
  touch(call.client, operations);
}

// Nor must one that waits for a condition find that it does not hold the lock.
void Objects::note_condition_waiter(const Call& call) {
  if (!waits_for_condition(call)) return;
  ClientOperations& operations = operations_of_[call.client];
  operations.dirty = true;
  touch(call.client, operations);
}

// Back to their lines: a notification may come before they do.
void Objects::lay_down(ClientHandle client, ClientOperations& operations) {
  for (ClientOperations::ConditionWaiter& waiter : std::exchange(operations.condition_waiters, {})) {
    Object* object = find(ObjectId{waiter.op.object});
    if (object == nullptr) continue;
    auto call = std::make_unique<Call>();
    call->client = client;
    call->op = std::move(waiter.op);
    call->since = state_.now.steady;
    call->deadline = deadlines_.end();
    call->step = waiter.step;
    call->count = waiter.count;
    call->object = object;
    ClientOperations::Entry& entry = operations.entries[call->op.number];
    park(std::move(call), entry);
  }
}

void Objects::tick() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= state_.now.steady) {
    give_up(*deadlines_.begin()->second);
    settle();
  }
}

void Objects::client_gone(ClientHandle client) {
  const auto found = operations_of_.find(client);
  if (found == operations_of_.end()) return;
  for (auto& [number, entry] : found->second.entries) {
    if (!entry.waits) continue;
    Object& object = *entry.waits->object;
    leave_line(*entry.waits);
    object.deserted(*entry.waits);
    changed(object);
  }
  const auto in_order = [](const std::unordered_set<ObjectId>& ids) {
    std::vector<ObjectId> sorted{ids.begin(), ids.end()};
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  for (const ObjectId id : in_order(found->second.objects)) {
    if (Object* object = find(id)) {
      object->leave(client);
      changed(*object);
    }
  }
  const std::vector<ObjectId> owned = in_order(found->second.owned);
  if (found->second.stored_as) state_.ops.emplace_back(EraseRecord{found->second.stored_as});
  operations_of_.erase(found);
  for (const ObjectId id : owned)
    if (Object* object = find(id)) take(*object);
  settle();
}

bool Objects::waits(ClientHandle client) const {
  const auto found = operations_of_.find(client);
  if (found == operations_of_.end()) return false;
  const auto& entries = found->second.entries;
  return std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.second.waits != nullptr; });
}

// ---- Answers --------------------------------------------------------------------------------------------------------

// The call is gone afterwards.
void Objects::put_answer(ClientHandle client, std::uint64_t number, const Object* object, Answer answer) {
  const auto found = operations_of_.find(client);
  if (found == operations_of_.end()) return;
  ClientOperations& operations = found->second;
  ClientOperations::Entry& entry = operations.entries[number];
  entry.answer = std::move(answer);
  entry.answer.number = number;
  entry.durable = object != nullptr && object->durable();
  operations.dirty = operations.dirty || (entry.durable && object->dirty);
  entry.waits.reset();
  operations.to_send.push_back(number);
  touch(client, operations);
}

void Objects::resend(ClientHandle client, ClientOperations& operations, std::uint64_t number) {
  operations.to_send.push_back(number);
  touch(client, operations);
}

void Objects::touch(ClientHandle client, ClientOperations& operations) {
  if (!std::exchange(operations.touched, true)) touched_.push_back(client);
}

void Objects::finish_round() {
  save_objects();
  const std::vector<ClientHandle> touched = std::exchange(touched_, {});
  for (const ClientHandle client : touched) {
    const auto found = operations_of_.find(client);
    if (found != operations_of_.end() && std::exchange(found->second.dirty, false)) save(found->second, client);
  }
  for (const ClientHandle client : touched) {
    const auto found = operations_of_.find(client);
    if (found == operations_of_.end()) continue;
    found->second.touched = false;
    send_answers(client, found->second);
  }
}

void Objects::send_answers(ClientHandle client, ClientOperations& operations) {
  Client* to = state_.client(client);
  struct Batch {
    Operated message;
    std::size_t bytes = 0;
  };
  std::array<Batch, 2> batches;  // of what is in memory; of what has to wait for a commit
  const auto send = [&](std::size_t which) {
    Batch batch = std::exchange(batches[which], {});
    if (to == nullptr || batch.message.answers.empty()) return;
    state_.send(to->session, std::move(batch.message), which == 1 ? state_.safe_after() : CommitSeq{});
  };
  for (const std::uint64_t number : std::exchange(operations.to_send, {})) {
    const auto entry = operations.entries.find(number);
    if (entry == operations.entries.end() || entry->second.waits) continue;
    const std::size_t which = entry->second.durable && !mutant(Mutant::answer_before_commit) ? 1 : 0;
    Batch& batch = batches[which];
    for (const Payload& value : entry->second.answer.values) batch.bytes += value.size();
    batch.message.answers.push_back(entry->second.answer);
    if (batch.message.answers.size() == limits::kBatchTasks || batch.bytes >= limits::kBatchBytes) send(which);
  }
  send(0);
  send(1);
}

// ---- Durable ones ---------------------------------------------------------------------------------------------------

void Objects::save_objects() {
  std::sort(dirty_.begin(), dirty_.end());
  dirty_.erase(std::unique(dirty_.begin(), dirty_.end()), dirty_.end());
  for (const ObjectId id : std::exchange(dirty_, {})) {
    Object* object = find(id);
    if (object == nullptr || !std::exchange(object->dirty, false)) continue;
    if (!object->stored_as) object->stored_as = next_record();
    state_.ops.emplace_back(PutRecord{object->stored_as, record_of(*object)});
    object->take_records(state_.ops, [this] { return next_record(); });
  }
}

void Objects::save(ClientOperations& operations, ClientHandle client) {
  if (!operations.stored_as) operations.stored_as = next_record();
  state_.ops.emplace_back(PutRecord{operations.stored_as, record_of(operations, client)});
}

void Objects::recover(TaskSeq seq, std::string_view bytes) {
  try {
    take_up(seq, StoredRecord{bytes});
  } catch (const std::exception& error) {  // DecodeError, msgpack::type_error
    throw std::runtime_error{"record " + std::to_string(seq.value()) +
                             " of a named object makes no sense: a newer forkmill wrote it, or it is damaged (" +
                             error.what() + ")"};
  }
}

void Objects::take_up(TaskSeq seq, const StoredRecord& record) {
  switch (record.kind()) {
    case RecordKind::object: {
      auto object = record.object(*this);
      if (names_.contains(object->name()) || objects_.contains(object->id()))
        throw DecodeError{"there is another '" + object->name() + "'"};
      object->stored_as = seq;
      names_.emplace(object->name(), object.get());
      objects_.emplace(object->id(), std::move(object));
      break;
    }
    case RecordKind::part:
      if (Object* object = find(record.owner_of_part())) object->load_record(seq, record.body());
      break;
    case RecordKind::operations: {
      const ClientHandle client = record.client();
      if (!mutant(Mutant::ledger_lost_at_restart)) operations_of_[client] = record.operations();
      operations_of_[client].stored_as = seq;
      break;
    }
  }
}

std::vector<ClientHandle> Objects::recovered() {
  for (const auto& [id, object] : objects_) {
    object->loaded();
    for (const ClientHandle client : object->clients()) operations_of_[client].objects.insert(id);
    if (object->owner) operations_of_[object->owner].owned.insert(id);
  }
  std::vector<ClientHandle> clients;
  for (const auto& [client, operations] : operations_of_) clients.push_back(client);
  std::sort(clients.begin(), clients.end());
  for (const ClientHandle client : clients) lay_down(client, operations_of_[client]);
  settle();
  return clients;
}

// ---- For operators --------------------------------------------------------------------------------------------------

Object* Objects::named(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : found->second;
}

Reply Objects::remove(const Query& query) {
  Object* object = named(query.argument);
  if (object == nullptr) return {query.id, Errc::object_unknown, "there is no object '" + query.argument + "'", {}};
  take(*object);
  settle();
  return {query.id, Errc::ok, {}, Payload::own(PackedMap{}.add("name", query.argument).bytes())};
}

// As if all who hold it had gone.
Reply Objects::release(const Query& query) {
  Object* object = named(query.argument);
  if (object == nullptr) return {query.id, Errc::object_unknown, "there is no object '" + query.argument + "'", {}};
  const std::vector<Object::Hold> holders = object->holders();
  for (const Object::Hold& hold : holders) object->leave(hold.client);
  changed(*object);
  settle();
  save_objects();  // whoever answers waits for that commit
  return {query.id,
          Errc::ok,
          {},
          Payload::own(PackedMap{}.add("name", query.argument).add("released", holders.size()).bytes())};
}

}  // namespace forkmill::broker
