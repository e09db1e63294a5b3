#include "client/objects/opening.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "client/objects/errors.h"
#include "proto/names.h"
#include "proto/os/real_env.h"
#include "proto/session/rights.h"

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

std::shared_ptr<Object> open_object(const ObjectOptions& options, proto::ObjectSpec spec, std::int64_t ends,
                                    std::string initial) {
  auto origin = options.engine();
  auto& engine = engine_of(origin);
  const bool removes = spec.name.empty() && spec.kind != ObjectKind::pipe;
  if (spec.name.empty())
    spec.name = anonymous_name();
  else if (!proto::is_name(spec.name))
    throw Error{Errc::name_invalid, "object name '" + spec.name.substr(0, proto::limits::kMaxName) + "'"};
  if (removes || options.is_owned()) spec.flags |= proto::kObjectOwned;
  if (options.is_durable()) spec.durability = proto::Durability::durable;
  if (options.is_kept() && spec.kind == ObjectKind::semaphore) spec.flags |= proto::kObjectKept;
  if (options.has_to_exist()) spec.flags |= proto::kObjectMustExist;
  if (options.has_to_be_new()) spec.flags |= proto::kObjectMustBeNew;

  proto::Operation operation;
  operation.verb = Verb::open;
  operation.who = this_thread_number();
  set_operands(operation, operands::open(ends));
  operation.spec = spec;
  if (!initial.empty()) operation.values.push_back(proto::Payload::own(std::move(initial)));
  const auto call = engine.objects().run(std::move(operation), spec.kind, {});
  call->wait({});
  const auto& answer = call->answer();
  if (answer.code != Errc::ok) throw_object_error(answer.code, about_object(spec.name, answer));
  return std::make_shared<Object>(std::move(origin), std::move(spec), proto::object_number(answer),
                                  proto::was_made(answer) && !proto::begins_as_asked(answer), removes);
}

std::shared_ptr<Object> open_object(const detail::Ticket& ticket, ObjectKind kind, std::uint64_t type) {
  return open_object(ObjectOptions{}.must_exist(),
                     spec_of_elements(kind, ticket.name, type, ticket.size, ticket.flags & proto::kObjectIdentity));
}

}  // namespace forkmill::client
