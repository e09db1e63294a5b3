#include "proto/transport/keys/word_lines.h"

#include <cstddef>
#include <sstream>
#include <utility>

namespace forkmill::proto {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream{line.substr(0, line.find('#'))};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

Status read_word_lines(const std::string& text, const std::string& source,
                       const std::function<Status(const std::vector<std::string>& words)>& take) {
  std::istringstream lines{text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (const Status status = take(words); !status.ok())
      return {status.code(), source + ":" + std::to_string(number) + ": " + status.failure().text};
  }
  return {};
}

}  // namespace forkmill::proto
