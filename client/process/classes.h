// The classes that are derived from Process and registered: how their objects travel.
#pragma once

#include <forkmill/process.h>

#include <string>
#include <typeinfo>

namespace forkmill::client {

struct ProcessClass {
  std::string task;  // under which workers run it
  detail::ProcessPacker pack = nullptr;
};

// Null: the class is not registered.
const ProcessClass* process_class(const std::type_info& type);

}  // namespace forkmill::client
