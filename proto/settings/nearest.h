// Suggestions for words that are mistyped. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace forkmill::proto {

// Returns the candidate that `word` was probably meant to be: it differs by one typing error in three characters, or
// begins with `word`; empty if there is none.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// Appends "; did you mean 'SUGGESTION'?" to `text`, unless `suggestion` is empty.
std::string with_suggestion(const std::string& text, const std::string& suggestion);

}  // namespace forkmill::proto
