#include "proto/transport/keys/authorized_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/limits.h"
#include "proto/names.h"
#include "proto/settings/quantities.h"
#include "proto/transport/keys/quota_words.h"
#include "proto/transport/keys/word_lines.h"

namespace forkmill::proto {

namespace {

constexpr std::size_t kMaxKeysOfPrincipal = 2;
constexpr std::size_t kMaxKeys = 4000;      // the broker can tell the tasks of somewhat more principals apart
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

bool is_pattern(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  return text.empty() || is_name(text);
}

struct PatternsWord {
  std::string_view name;
  Patterns Rights::*patterns;
};
constexpr std::array kPatterns{
    PatternsWord{"submit", &Rights::submit},   PatternsWord{"submit-names", &Rights::submit_names},
    PatternsWord{"serve", &Rights::serve},     PatternsWord{"serve-names", &Rights::serve_names},
    PatternsWord{"objects", &Rights::objects}, PatternsWord{"manage", &Rights::manage}};

// The functions below return what is wrong; empty: nothing.

std::string add_patterns(const std::string& name, const std::string& text, Patterns& patterns) {
  std::istringstream list{text};
  for (std::string pattern; std::getline(list, pattern, ',');) {
    if (pattern.empty() || !is_pattern(pattern))
      return "the patterns of " + name + "= must be names, or prefixes followed by *, separated by commas";
    patterns.push_back(pattern);
  }
  return patterns.empty() ? name + "= needs a pattern" : "";
}

std::string set_quota(const std::string& name, const std::string& text, std::uint64_t& quota) {
  const auto size = parse_size(text);
  if (!size) return name + "= needs a number, such as " + kSizeExamples;
  quota = *size;
  return {};
}

std::string set_max_priority(const std::string& text, int& most) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
  const bool is_priority = error == std::errc{} && end == text.data() + text.size() && most >= limits::kMinPriority &&
                           most <= limits::kMaxPriority;
  return is_priority ? "" : "max-priority= needs a priority from -100 to 100";
}

// Reads RIGHT=PATTERN,PATTERN or QUOTA=NUMBER.
std::string add_right(const std::string& word, Rights& rights) {
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (const auto* one = std::ranges::find(kPatterns, name, &PatternsWord::name); one != kPatterns.end())
    return add_patterns(name, text, rights.*one->patterns);
  if (const auto* one = std::ranges::find(kQuotaWords, name, &QuotaWord::name); one != kQuotaWords.end())
    return set_quota(name, text, rights.quotas.*one->quota);
  if (name == "max-priority") return set_max_priority(text, rights.max_priority);
  return "behind the key, write submit=QUEUES, submit-names=TASKS, serve=QUEUES, serve-names=TASKS, objects=NAMES, "
         "manage=QUEUES, max-priority=N, max-queued=N, max-queued-bytes=SIZE, max-objects=N, max-object-bytes=SIZE or "
         "max-result-bytes=SIZE";
}

Failure mistake(std::string text) { return {Errc::option_out_of_range, std::move(text)}; }

// Adds the key of one line.
Status add_line(const std::vector<std::string>& words, KeyCollector& keys) {
  if (words.size() < 3) return mistake("write PRINCIPAL ROLES PUBLIC_KEY, with blanks between");
  const auto key = parse_key(words[2]);
  const auto principal = parse_principal(words[0], words[1], std::span{words}.subspan(3));
  if (!principal.ok()) return principal.failure();
  if (!key) return mistake("the public key must have 64 hexadecimal digits");
  return keys.add(*key, principal.value());
}

}  // namespace

Result<Principal> parse_principal(const std::string& name, const std::string& roles,
                                  std::span<const std::string> rights) {
  if (!is_name(name)) return mistake("the principal must have 1 to 128 letters, digits and . _ - : /");
  if (name.starts_with(kUser)) return mistake("the principal must not begin with uid:, as users of this machine do");
  const auto parsed = parse_roles(roles);
  if (!parsed) return mistake("the roles must be some of client, worker and admin, separated by commas");
  Principal principal{name, *parsed, {}};
  principal.rights.own_tasks_only = !parsed->admin;
  for (const std::string& right : rights)
    if (auto why = add_right(right, principal.rights); !why.empty()) return mistake(std::move(why));
  return principal;
}

std::string format_roles(const Roles& roles) {
  std::string text;
  const auto add = [&](bool has, const char* name) {
    if (has) text += (text.empty() ? "" : ",") + std::string{name};
  };
  add(roles.client, "client");
  add(roles.worker, "worker");
  add(roles.admin, "admin");
  return text;
}

KeyCollector::KeyCollector(AuthorizedKeys keys) : keys_{std::move(keys)} {
  for (const auto& [key, principal] : keys_) count(principal);
}

void KeyCollector::count(const Principal& principal) {
  ++principals_.try_emplace(principal.name, OfPrincipal{&principal, 0}).first->second.keys;
}

Status KeyCollector::add(const Key& key, const Principal& principal) {
  if (const auto others = principals_.find(principal.name); others != principals_.end()) {
    const auto& [other, number] = others->second;
    if (other->roles != principal.roles || other->rights != principal.rights)
      return mistake("all keys of " + principal.name + " must have the same roles and rights");
    if (number == kMaxKeysOfPrincipal)
      return mistake(principal.name + " has two keys already; remove one that is not used any more");
  }
  if (keys_.size() >= kMaxKeys)
    return mistake("there are " + std::to_string(kMaxKeys) + " keys, and a broker accepts no more; remove some");
  const auto [added, is_new] = keys_.emplace(key, principal);
  if (!is_new) return mistake("this key is already on an earlier line");
  count(added->second);
  return {};
}

Result<AuthorizedKeys> parse_authorized_keys(const std::string& text, const std::string& path) {
  KeyCollector keys;
  auto status = read_word_lines(text, path, [&](const auto& words) { return add_line(words, keys); });
  if (!status.ok()) return std::move(status).failure();
  return std::move(keys).take();
}

Result<AuthorizedKeys> read_authorized_keys(const std::string& path) {
  auto text = read_trusted_file(path, false);
  if (!text.ok()) return text.failure();
  return parse_authorized_keys(text.value(), path);
}

}  // namespace forkmill::proto
