#include "proto/settings/nearest.h"

#include <algorithm>

namespace forkmill::proto {

namespace {

// The number of typing errors between two words: a letter that is missing, added, replaced, or swapped with the next
// one.
std::size_t typing_errors(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> errors(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        errors[i][j] = i + j;
        continue;
      }
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      errors[i][j] = std::min({errors[i - 1][j] + 1, errors[i][j - 1] + 1, errors[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        errors[i][j] = std::min(errors[i][j], errors[i - 2][j - 2] + 1);
    }
  }
  return errors[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kMaxWord = 100;
  constexpr std::size_t kLettersPerError = 3;
  if (word.empty() || word.size() > kMaxWord) return {};
  std::string found;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / kLettersPerError) + 1;
  for (const auto& candidate : candidates) {
    const auto errors = candidate.starts_with(word) ? 1 : typing_errors(word, candidate);
    if (errors >= fewest || errors >= candidate.size()) continue;
    fewest = errors;
    found = candidate;
  }
  return found;
}

std::string with_suggestion(const std::string& text, const std::string& suggestion) {
  return suggestion.empty() ? text : text + "; did you mean '" + suggestion + "'?";
}

}  // namespace forkmill::proto
