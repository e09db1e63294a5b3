// Errors of operations on named objects, as exceptions.
#pragma once

#include <forkmill/errc.h>

#include <string>

#include "proto/wire/messages.h"

namespace forkmill::client {

// Throws the exception that stands for this code (forkmill/object_errors.h, errors.h).
[[noreturn]] void throw_object_error(Errc code, const std::string& text);

// The text of an error beside the sentence of its code: the object's name, and the broker's own words.
std::string about_object(const std::string& name, const proto::OperationAnswer& answer);

}  // namespace forkmill::client
