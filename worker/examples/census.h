// The census of identifiers: the task, and the counting itself, so that a submitter can do the same in one process.
#pragma once

#include <forkmill/task.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

// The identifiers of the file at that path, and how often each stands there.
inline constexpr forkmill::Task<std::map<std::string, std::uint64_t>(std::string)> kCensus{"census.identifiers"};

namespace census {

using Counts = std::map<std::string, std::uint64_t>;

constexpr bool begins(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool goes_on(char c) { return begins(c) || (c >= '0' && c <= '9'); }

// Identifiers of C and C++, byte by byte: [A-Za-z_][A-Za-z0-9_]*, those in comments and texts too. A word that begins
// with a digit is none.
inline Counts count(std::string_view text) {
  Counts counts;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    while (i < text.size() && goes_on(text[i])) ++i;
    if (i == begin)
      ++i;
    else if (begins(text[begin]))
      ++counts[std::string{text.substr(begin, i - begin)}];
  }
  return counts;
}

// Throws std::runtime_error for a file that cannot be read.
inline std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot open " + path};
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) throw std::runtime_error{"cannot read " + path};
  return text;
}

inline Counts count_file(const std::string& path) { return count(read_file(path)); }

// Adds the counts of `from` to `into`.
inline void merge(Counts& into, const Counts& from) {
  for (const auto& [word, count] : from) into[word] += count;
}

}  // namespace census
