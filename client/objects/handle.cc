#include <forkmill/detail/object.h>

#include <stdexcept>

#include "client/objects/object.h"
#include "client/shards/object_numbers.h"

namespace forkmill::detail {

const std::string& Handle::name() const { return object().name(); }
void Handle::remove() { object().remove(); }

std::uint32_t Handle::shard() const { return client::stated_shard_of(object().number()); }

Ticket Handle::ticket() const {
  const auto& spec = object().spec();
  return {object().address(), spec.size, spec.flags & proto::kObjectIdentity, 0, 0};
}

client::Object& Handle::object() const {
  if (!object_) throw std::logic_error{"this handle is empty: it was moved from"};
  return *object_;
}

Origin* Handle::engine() const { return object().engine_ref().get(); }

void throw_element_undecodable(const std::string& object, const char* why) {
  throw Error{Errc::result_undecodable, std::string{why} + " (a value of '" + object + "')"};
}

}  // namespace forkmill::detail
