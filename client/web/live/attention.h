// Notes for operators: what needs their attention, in words. Pure.
#pragma once

#include <nlohmann/json.hpp>

namespace forkmill::web {

// Judges the answers to QUERY status, queues and workers. Returns an array of {"text", "page"}; `page` is the path of
// the page that shows more. At most kMaxNotes of them, the gravest first.
inline constexpr std::size_t kMaxNotes = 20;
nlohmann::ordered_json attention(const nlohmann::ordered_json& status, const nlohmann::ordered_json& queues,
                                 const nlohmann::ordered_json& workers);

}  // namespace forkmill::web
