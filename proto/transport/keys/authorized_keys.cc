#include "proto/transport/keys/authorized_keys.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/names.h"

namespace forkmill::proto {

namespace {

constexpr std::size_t kMaxKeysOfPrincipal = 2;
constexpr std::string_view kUser = "uid:";  // names of the principals of ipc:// peers

std::optional<Roles> parse_roles(const std::string& text) {
  Roles roles;
  std::istringstream words{text};
  for (std::string word; std::getline(words, word, ',');) {
    bool* const role = word == "client"   ? &roles.client
                       : word == "worker" ? &roles.worker
                       : word == "admin"  ? &roles.admin
                                          : nullptr;
    if (role == nullptr) return std::nullopt;
    *role = true;
  }
  return roles == Roles{} ? std::nullopt : std::optional{roles};
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream{line.substr(0, line.find('#'))};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

bool is_pattern(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  return text.empty() || is_name(text);
}

// Reads RIGHT=PATTERN,PATTERN. Returns what is wrong; empty: nothing.
std::string add_right(const std::string& word, Rights& rights) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  Patterns* const patterns = name == "submit"    ? &rights.submit
                             : name == "serve"   ? &rights.serve
                             : name == "objects" ? &rights.objects
                                                 : nullptr;
  if (patterns == nullptr || equals == std::string::npos)
    return "behind the key, write submit=QUEUES, serve=QUEUES or objects=NAMES";
  std::istringstream list{word.substr(equals + 1)};
  for (std::string pattern; std::getline(list, pattern, ',');) {
    if (pattern.empty() || !is_pattern(pattern))
      return "the patterns of " + name + "= must be names, or beginnings of names with * behind, with commas between";
    patterns->push_back(pattern);
  }
  return patterns->empty() ? name + "= needs a pattern" : "";
}

// Adds the key of one line. Returns what is wrong with the line; empty: nothing.
std::string add_line(const std::vector<std::string>& words, AuthorizedKeys& keys) {
  if (words.size() < 3) return "write PRINCIPAL ROLES PUBLIC_KEY, with blanks between";
  const std::string& name = words[0];
  if (!is_name(name)) return "the principal must have 1 to 128 letters, digits and . _ - : /";
  if (name.starts_with(kUser)) return "the principal must not begin with uid:, as users of this machine do";
  const auto roles = parse_roles(words[1]);
  if (!roles) return "the roles must be some of client, worker and admin, with commas between";
  const auto key = parse_key(words[2]);
  if (!key) return "the public key must have 64 hexadecimal digits";
  Rights rights;
  for (std::size_t i = 3; i < words.size(); ++i)
    if (auto why = add_right(words[i], rights); !why.empty()) return why;
  std::size_t others = 0;
  for (const auto& [other_key, other] : keys) {
    if (other.name != name) continue;
    ++others;
    if (other.roles != *roles || other.rights != rights)
      return "all keys of " + name + " must have the same roles and rights";
  }
  if (others == kMaxKeysOfPrincipal) return name + " has two keys already; remove one that is not used any more";
  if (!keys.emplace(*key, Principal{name, *roles, rights}).second) return "this key stands in an earlier line already";
  return {};
}

}  // namespace

Result<AuthorizedKeys> parse_authorized_keys(const std::string& text, const std::string& path) {
  AuthorizedKeys keys;
  std::istringstream lines{text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (auto why = add_line(words, keys); !why.empty())
      return Failure{Errc::option_out_of_range, path + ":" + std::to_string(number) + ": " + why};
  }
  return keys;
}

Result<AuthorizedKeys> read_authorized_keys(const std::string& path) {
  auto text = read_trusted_file(path, false);
  if (!text.ok()) return text.failure();
  return parse_authorized_keys(text.value(), path);
}

Status add_authorized_key(const std::string& path, const std::string& line) {
  std::string text;
  if (::access(path.c_str(), F_OK) == 0) {
    auto before = read_trusted_file(path, false);
    if (!before.ok()) return before.failure();
    text = std::move(before).value();
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += line + "\n";
  if (auto parsed = parse_authorized_keys(text, path); !parsed.ok()) return parsed.failure();
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  if (auto status = create_key_file(fresh, 0644, text); !status.ok()) return status;
  if (std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  return Failure{Errc::option_out_of_range, "cannot write " + path + ": " + std::strerror(errno)};
}

}  // namespace forkmill::proto
