// What an object is made with: what cannot be, and in what two of them differ.
#pragma once

#include <optional>
#include <string>

#include "broker/core/objects/kinds/object.h"
#include "proto/result.h"

namespace forkmill::broker {

// `other`: the object that spec.other names, or null.
std::optional<proto::Failure> trouble_with(const proto::ObjectSpec& spec, const Object* other);

// Why what there is cannot be opened as what is wanted ("a dict, not a queue"); empty: it can. 0 as a type and a
// negative size stand for whatever there is.
std::optional<std::string> difference(const proto::ObjectSpec& has, const proto::ObjectSpec& wanted);

}  // namespace forkmill::broker
