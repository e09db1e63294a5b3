#include "client/cli/text/sealed.h"

#include "client/cli/text/values.h"
#include "proto/limits.h"
#include "proto/transport/keys/seal_file.h"

namespace forkmill::cli {

nlohmann::ordered_json readable_payload(std::string_view bytes, const std::string& seal_keys) {
  const std::string sealed = proto::seal_text(bytes);
  if (sealed.empty()) return json_or_hex(bytes);
  if (seal_keys.empty()) return sealed;
  const auto seals = proto::read_seal_keys(seal_keys);
  if (!seals.ok()) return sealed + "; " + seals.failure().text;
  const auto opened = seals.value()->open(bytes);
  if (opened.ok()) return json_or_hex(opened->view());
  const bool may_be_cut = opened.code() == Errc::seal_broken && bytes.size() == proto::limits::kShownArguments;
  return sealed +
         ", and cannot be opened: " + (may_be_cut ? "the broker shows the first 16 KiB only" : opened.failure().text);
}

nlohmann::ordered_json task_from_msgpack(std::string_view bytes, const std::string& seal_keys) {
  auto task = json_from_msgpack(bytes);
  for (const char* key : {"arguments", "result"})
    if (const auto payload = bin_in_msgpack(bytes, key)) task[key] = readable_payload(*payload, seal_keys);
  return task;
}

bool has_sealed_arguments(std::string_view bytes) {
  const auto arguments = bin_in_msgpack(bytes, "arguments");
  return arguments && !proto::seal_text(*arguments).empty();
}

}  // namespace forkmill::cli
