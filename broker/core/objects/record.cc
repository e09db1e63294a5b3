#include "broker/core/objects/record.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <tuple>

#include "broker/core/objects/kinds/make_object.h"
#include "broker/core/objects/spec.h"

namespace forkmill::broker {

using namespace proto;

namespace {

using Bytes = msgpack::type::raw_ref;
using AnswerRow = std::tuple<std::uint64_t, unsigned, std::string, std::int64_t, std::int64_t, std::vector<Bytes>>;
using OperationsBody = std::tuple<std::uint64_t, std::uint64_t, std::vector<AnswerRow>>;
using ConditionWaiterRow =
    std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t, bool>;
using ObjectBody = std::tuple<std::uint64_t, std::string, unsigned, std::uint64_t, std::int64_t, std::int64_t,
                              std::uint64_t, std::uint64_t, msgpack::object>;

bool half_done(const CachedOperations::Entry& entry) {
  return entry.waits && entry.waits->object->durable() && entry.waits->op.verb == Verb::put && entry.waits->count > 0;
}
bool sleeps(const CachedOperations::Entry& entry) { return entry.waits && waits_for_condition(*entry.waits); }
bool is_kept(const CachedOperations::Entry& entry) { return (entry.durable && !entry.waits) || half_done(entry); }

void pack_answer(DurableState::Packer& packer, std::uint64_t number, const Answer& answer) {
  packer.pack_array(6);
  packer.pack(number);
  packer.pack(static_cast<unsigned>(answer.code));
  packer.pack(answer.text);
  packer.pack(answer.a);
  packer.pack(answer.b);
  packer.pack_array(static_cast<std::uint32_t>(answer.values.size()));
  for (const Payload& value : answer.values) pack_payload(packer, value);
}

}  // namespace

bool waits_for_condition(const Call& call) {
  const ObjectKind kind = call.object->spec().kind;
  return call.op.verb == Verb::wait && call.count > 0 && call.object->durable() &&
         (kind == ObjectKind::condition || kind == ObjectKind::lock);
}

std::string record_of(const Object& object) {
  return pack_record(RecordType::object, [&](DurableState::Packer& packer) {
    const ObjectSpec& spec = object.spec();
    packer.pack_array(10);
    packer.pack(object.id().value());
    packer.pack(spec.name);
    packer.pack(static_cast<unsigned>(spec.kind));
    packer.pack(spec.type);
    packer.pack(spec.size);
    packer.pack(spec.flags);
    packer.pack(spec.other);
    packer.pack(object.owner.value());
    object.save(packer);
    packer.pack(object.maker() == nullptr ? std::string{} : object.maker()->name);
  });
}

std::string record_of(const CachedOperations& operations) {
  return pack_record(RecordType::operations, [&](DurableState::Packer& packer) {
    const auto& entries = operations.entries;
    const auto count =
        std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return is_kept(entry.second); });
    packer.pack_array(4);
    packer.pack(operations.client.value());
    packer.pack(operations.answered);
    packer.pack_array(static_cast<std::uint32_t>(count));
    for (const auto& [number, entry] : entries) {
      if (half_done(entry))
        pack_answer(packer, number, failed(Errc::object_full, {}, entry.waits->count));
      else if (is_kept(entry))
        pack_answer(packer, number, entry.answer);
    }
    std::vector<ConditionWaiterRow> condition_waiters;
    for (const auto& [number, entry] : entries) {
      if (!sleeps(entry)) continue;
      const Call& call = *entry.waits;
      const bool awake = call.object->spec().kind == ObjectKind::lock;
      condition_waiters.emplace_back(number, call.op.object, call.op.who, call.op.wait.count(), call.step, call.count,
                                     awake);
    }
    packer.pack(condition_waiters);
  });
}

StoredRecord::StoredRecord(std::string_view bytes) : handle_{forkmill::detail::unpack_bounded(bytes)} {
  const auto [kind, body] = handle_.get().as<std::tuple<unsigned, msgpack::object>>();
  if (kind < static_cast<unsigned>(RecordType::object) || kind > static_cast<unsigned>(RecordType::operations) ||
      body.type != msgpack::type::ARRAY || body.via.array.size == 0) {
    throw DecodeError{"a record of an unknown kind"};
  }
  kind_ = static_cast<RecordType>(kind);
  body_ = body;
}

std::unique_ptr<Object> StoredRecord::object(ObjectHost& host) const {
  auto [id, name, kind, type, size, flags, other, owner, state] = body_.as<ObjectBody>();
  if (kind == 0 || kind > static_cast<unsigned>(last_of(ObjectKind{})))
    throw DecodeError{"an object of an unknown kind"};
  ObjectSpec spec{std::move(name), static_cast<ObjectKind>(kind), type, size, flags, other, Durability::durable};
  // The object that `other` names may be read after this one.
  const bool has_other = spec.kind == ObjectKind::condition || spec.other != 0;
  if (spec.size < 0 || (!has_other && !check_spec(spec, nullptr).ok())) throw DecodeError{"an object that cannot be"};
  auto object = make_object(ObjectId{id}, std::move(spec), host);
  object->owner = ClientHandle{owner};
  object->load(state);
  return object;
}

std::optional<std::string> StoredRecord::maker() const {
  constexpr std::uint32_t kAt = 9;
  if (body_.via.array.size <= kAt) return std::nullopt;  // written before there were quotas
  return body_.via.array.ptr[kAt].as<std::string>();
}

ObjectId StoredRecord::owner_of_part() const { return ObjectId{body_.via.array.ptr[0].as<std::uint64_t>()}; }

ClientHandle StoredRecord::client() const { return ClientHandle{body_.via.array.ptr[0].as<std::uint64_t>()}; }

CachedOperations StoredRecord::operations() const {
  CachedOperations operations;
  const auto [client, answered, rows] = body_.as<OperationsBody>();
  operations.client = ClientHandle{client};
  operations.answered = answered;
  for (const auto& [number, code, text, a, b, values] : rows) {
    CachedOperations::Entry& entry = operations.entries[number];
    entry.durable = true;
    entry.answer = {number, errc_from(code), text, a, b, {}};
    for (const Bytes& value : values) entry.answer.values.push_back(Payload::copy({value.ptr, value.size}));
  }
  if (body_.via.array.size < 4) return operations;  // written before there were condition waiters
  for (const auto& [number, object, who, wait, step, count, awake] :
       body_.via.array.ptr[3].as<std::vector<ConditionWaiterRow>>()) {
    Operation op;
    op.number = number;
    op.verb = Verb::wait;
    op.object = object;
    op.who = who;
    op.wait = awake ? milliseconds{0} : milliseconds{wait};
    operations.condition_waiters.push_back({std::move(op), step, count, awake});
  }
  return operations;
}

}  // namespace forkmill::broker
