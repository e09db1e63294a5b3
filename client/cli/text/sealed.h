// Arguments and results of tasks, as they are shown to people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace forkmill::cli {

// Converts arguments or a result as json_or_hex() does. Sealed ones are opened with the keys of that file; without a
// file, or if they cannot be opened, a text says which key has sealed them.
nlohmann::ordered_json readable_payload(std::string_view bytes, const std::string& seal_keys);

// Converts the broker's answer about one task as json_from_msgpack() does, and the arguments and the result in it as
// readable_payload() does. Throws forkmill::DecodeError for bytes that are not msgpack.
nlohmann::ordered_json task_from_msgpack(std::string_view bytes, const std::string& seal_keys);

// Whether the arguments in the broker's answer about one task are sealed, with whichever key. Throws
// forkmill::DecodeError for bytes that are not msgpack.
bool has_sealed_arguments(std::string_view bytes);

}  // namespace forkmill::cli
