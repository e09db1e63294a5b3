#include "client/objects/opening.h"

#include <forkmill/registered.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "client/objects/errors.h"
#include "client/shards/object_numbers.h"
#include "proto/os/real_env.h"
#include "proto/session/rights.h"
#include "proto/session/shards.h"

namespace forkmill::client {

namespace {

// A name that no other client makes up or can guess: who knows it may use the object.
std::string anonymous_name() {
  proto::RealEnv entropy;
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%016" PRIx64 "%016" PRIx64, entropy.random(), entropy.random());
  return std::string{proto::kAnonymousObject} + digits.data();
}

}  // namespace

bool is_anonymous(const std::string& name) { return proto::is_unnamed(name); }

std::string placed_name(std::string_view name, const ObjectOptions& options) {
  std::string text{name};
  if (!options.place().empty() && text.find('@') == std::string::npos) text += '@' + options.place();
  return text;
}

namespace {

// Returns the text under which another program finds the object.
std::string address_of(const OperateObject& open, std::uint64_t number, bool was_unnamed) {
  const std::string& name = open.operation.spec->name;
  const std::uint32_t shard = stated_shard_of(number);
  if (shard == 0) return name;
  const bool is_where_name_says = !was_unnamed && open.operation.spec->other == 0;
  return is_where_name_says && !open.place.is_stated() ? name : name + '@' + std::to_string(shard);
}

}  // namespace

std::shared_ptr<Object> open_object(const ObjectOptions& options, proto::ObjectSpec spec, std::int64_t ends,
                                    std::string initial) {
  auto origin = options.engine();
  auto& engine = engine_of(origin);
  auto place = proto::ObjectPlace::parse(placed_name(spec.name, options));
  if (!place.ok()) throw Error{Errc::name_invalid, place.failure().text};
  const bool was_unnamed = place->name.empty();
  const bool removes = was_unnamed && spec.kind != ObjectKind::pipe;
  if (was_unnamed) place->name = anonymous_name();
  spec.name = place->name;
  if (place->is_stated()) spec.flags |= proto::kObjectPlaced;
  if (removes || options.is_owned()) spec.flags |= proto::kObjectOwned;
  if (options.is_durable()) spec.durability = proto::Durability::durable;
  if (options.is_kept() && spec.kind == ObjectKind::semaphore) spec.flags |= proto::kObjectKept;
  if (options.has_to_exist()) spec.flags |= proto::kObjectMustExist;
  if (options.has_to_be_new()) spec.flags |= proto::kObjectMustBeNew;

  OperateObject open;
  open.operation.verb = Verb::open;
  open.operation.who = this_thread_number();
  set_operands(open.operation, operands::open(ends));
  open.operation.spec = spec;
  if (!initial.empty()) open.operation.values.push_back(proto::Payload::own(std::move(initial)));
  open.place = std::move(place).value();
  open.home = detail::task_shard();
  const auto call = engine.objects().open(open);
  call->wait({});
  const auto& answer = call->answer();
  if (answer.code != Errc::ok) throw_object_error(answer.code, about_object(spec.name, answer));
  const std::uint64_t number = proto::object_number(answer);
  const bool zeroed = proto::was_made(answer) && !proto::begins_as_asked(answer);
  return std::make_shared<Object>(
      std::move(origin), OpenedObject{std::move(spec), address_of(open, number, was_unnamed), number, zeroed, removes});
}

std::shared_ptr<Object> open_object(const detail::Ticket& ticket, ObjectKind kind, std::uint64_t type) {
  return open_object(ObjectOptions{}.must_exist(),
                     spec_of_elements(kind, ticket.name, type, ticket.size, ticket.flags & proto::kObjectIdentity));
}

}  // namespace forkmill::client
