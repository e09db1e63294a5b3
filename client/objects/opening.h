// Opening of named objects, and making of those that do not exist.
#pragma once

#include <forkmill/object_options.h>

#include <memory>
#include <string>
#include <string_view>

#include "client/objects/object.h"

namespace forkmill::client {

// Blocks until the broker answers. The name in the spec may have a place (proto::ObjectPlace). ends: of a pipe, those
// that this client opens with it (operands::open). initial: the packed value that each element of a list of fixed
// length begins as; empty: the integer 0. Throws the error of the answer, and Error{name_invalid}.
std::shared_ptr<Object> open_object(const ObjectOptions& options, proto::ObjectSpec spec, std::int64_t ends = 0,
                                    std::string initial = {});
// The object of a ticket, which must exist.
std::shared_ptr<Object> open_object(const detail::Ticket& ticket, ObjectKind kind, std::uint64_t type = 0);

// The spec of an object whose other fields do not matter.
inline proto::ObjectSpec spec_of(ObjectKind kind, std::string_view name, std::int64_t size = 0,
                                 std::int64_t flags = 0) {
  proto::ObjectSpec spec;
  spec.name = name;
  spec.kind = kind;
  spec.size = size;
  spec.flags = flags;
  return spec;
}
// The same for an object with elements of this type.
inline proto::ObjectSpec spec_of_elements(ObjectKind kind, std::string_view name, std::uint64_t type,
                                          std::int64_t size = 0, std::int64_t flags = 0) {
  auto spec = spec_of(kind, name, size, flags);
  spec.type = type;
  return spec;
}

// The name with the place that the options give it, unless it has one.
std::string placed_name(std::string_view name, const ObjectOptions& options);

// Whether the name was made up for an object without one. People need not see it.
bool is_anonymous(const std::string& name);

}  // namespace forkmill::client
