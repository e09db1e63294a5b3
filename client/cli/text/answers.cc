#include "client/cli/text/answers.h"

#include "client/cli/text/values.h"

namespace forkmill::cli {

using Json = nlohmann::ordered_json;

Json value_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  return at == body.end() ? Json{} : *at;
}

std::string text_of(const Json& body, const char* key) {
  const auto at = body.find(key);
  if (at == body.end() || at->is_null()) return {};
  if (at->is_string()) return at->get<std::string>();
  const auto bytes = at->is_object() && at->size() == 1 ? at->find("base64") : at->end();
  return bytes != at->end() && bytes->is_string() ? from_base64(bytes->get<std::string>()) : at->dump();
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
