#include "client/process/classes.h"

#include <typeindex>
#include <unordered_map>

namespace forkmill {

namespace client {

namespace {

std::unordered_map<std::type_index, ProcessClass>& classes() {
  static std::unordered_map<std::type_index, ProcessClass> all;
  return all;
}

}  // namespace

const ProcessClass* process_class(const std::type_info& type) {
  const auto found = classes().find(type);
  return found == classes().end() ? nullptr : &found->second;
}

}  // namespace client

namespace detail {

void register_process_class(const std::type_info& type, const std::string& name, ProcessPacker pack) {
  client::classes().insert_or_assign(type, client::ProcessClass{name, pack});
}

}  // namespace detail
}  // namespace forkmill
