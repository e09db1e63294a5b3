#include "client/cli/text/answers.h"

namespace forkmill::cli {

using Json = nlohmann::ordered_json;

Json value_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at == body.end() ? Json{} : *at;
}

std::string text_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  if (at == body.end() || at->is_null()) return {};
  return at->is_string() ? at->get<std::string>() : at->dump();
}

std::int64_t number_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at != body.end() && at->is_number() ? at->get<std::int64_t>() : 0;
}

bool is_true(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at != body.end() && at->is_boolean() && at->get<bool>();
}

Cell plain(const Json& body, const char* key) { return {value_of(body, key), text_of(body, key)}; }

}  // namespace forkmill::cli
