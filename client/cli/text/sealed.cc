#include "client/cli/text/sealed.h"

#include "client/cli/text/values.h"
#include "proto/transport/keys/seal_file.h"

namespace forkmill::cli {

nlohmann::ordered_json readable_arguments(std::string_view bytes, const std::string& seal_keys) {
  const std::string sealed = proto::seal_text(bytes);
  if (sealed.empty()) return json_or_hex(bytes);
  if (seal_keys.empty()) return sealed;
  const auto seals = proto::read_seal_keys(seal_keys);
  if (!seals.ok()) return sealed + "; " + seals.failure().text;
  const auto opened = seals.value()->open(bytes);
  // The broker shows the first 16 KiB only, and a part of a box cannot be opened.
  if (opened.ok()) return json_or_hex(opened->view());
  return sealed + ", and cannot be opened: " + opened.failure().text;
}

}  // namespace forkmill::cli
